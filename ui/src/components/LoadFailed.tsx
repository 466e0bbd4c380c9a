import { useTranslation } from 'react-i18next'
import { useConnection } from '@/lib/connection'
import { asProblem, useProblemSentences } from '@/lib/problem'
import { Banner } from './Banner'
import { Button } from './Button'
import { Empty } from './Empty'

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

/** The place of a list that could not be loaded: the next keys. The screen binds them. */
export function NoList({ onRetry, onRegister }: { onRetry: () => void; onRegister: () => void }) {
  const { t } = useTranslation()
  return (
    <Empty
      title={t('failed.title')}
      text={t('failed.text')}
      keys={[
        { keys: 'Enter', label: t('failed.retry'), onPress: onRetry },
        { keys: 'F2', label: t('failed.register'), onPress: onRegister },
      ]}
    />
  )
}
