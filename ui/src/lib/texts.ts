import { useQuery } from '@tanstack/react-query'
import type { CustomerNotice, Language, Templates } from '@/protocol/protocol'
import { core } from './platform'

/** Key of the texts in the cache. */
export const TEXTS = ['texts'] as const

/** What customers read, as it is now. Nobody is told when an admin changes it, so it is asked for with every form. */
export function useTexts() {
  return useQuery<Templates>({
    queryKey: TEXTS,
    refetchOnMount: 'always',
    queryFn: () => core.request('templates.get', {}),
  })
}

/** The SMS that a recipient would get of the text in use; absent until it is known. */
export function useSmsPreview(notice: CustomerNotice, language: Language, ttn?: string) {
  const { data: texts, isPending } = useTexts()
  const template = texts?.templates.find((one) => one.notice === notice && one.language === language)?.text
  const { data } = useQuery({
    queryKey: ['sms-preview', notice, language, ttn, template],
    // Without a link the supplied text is a good guess.
    enabled: !isPending,
    queryFn: () => core.previewSms(notice, language, { ttn, template }),
  })
  return data
}
