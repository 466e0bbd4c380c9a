import { useTranslation } from 'react-i18next'
import { useConnection } from '@/lib/connection'
import { asProblem, useProblemSentences } from '@/lib/problem'
import { Banner } from './Banner'
import { Button } from './Button'

/** Why a list is not here, and the way to try again. While the desktop is offline its own banner says so. */
export function LoadFailed({
  title,
  error,
  onRetry,
}: {
  title: string
  error: unknown
  onRetry: () => void
}) {
  const { t } = useTranslation()
  const { problem } = useProblemSentences()
  const offline = useConnection((now) => now.link.state === 'offline')
  if (offline) return null
  return (
    <Banner kind="problem" title={title} text={problem(asProblem(error)).cause}>
      <Button onClick={onRetry}>{t('retry')}</Button>
    </Banner>
  )
}
