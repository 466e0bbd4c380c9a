import { IconBell, IconCrown, IconHandStop, IconPlayerStop } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { LockBanner } from '@/components/LockBanner'
import { lockDoing } from '@/components/lockWords'
import { isMine, useLock, useSession } from '@/lib/connection'
import { clockSeconds } from '@/lib/format'
import { useProblemSentences } from '@/lib/problem'
import type { LockHolder, Role } from '@/protocol/protocol'
import type { LockLine } from './useLockLine'

const MAY_TAKE_OVER: readonly Role[] = ['supervisor', 'admin']

/** Who is editing the order now, and what can be done about it: everybody sees it at once. */
export function OrderLock({
  ttn,
  line,
  onTakeOver,
}: {
  ttn: string
  line: LockLine
  onTakeOver: (holder: LockHolder) => void
}) {
  const { t } = useTranslation()
  const session = useSession()
  const lock = useLock(ttn)
  if (line.waiting?.line.state === 'granted') {
    return <LockBanner mine title={t('lock.yours')} text={`· ${t('lock.yoursHint')}`} />
  }
  if (lock && isMine(lock, session)) {
    const time = clockSeconds(lock.holder.since)
    return <LockBanner mine title={t('lock.mine', { time })} text={`· ${t('lock.mineHint')}`} />
  }
  // Whoever waits hears who has it also when the news of it got lost.
  const holder = lock?.holder ?? line.waiting?.line.holder
  if (!holder) return null
  return (
    <div data-testid="lock-banner">
      <LockBanner
        title={t('lock.title', {
          who: holder.name,
          station: holder.station,
          time: clockSeconds(holder.since),
          what: t(lockDoing[holder.purpose]),
        })}
        text={<OrderLockText line={line} />}
      >
        <LineButtons line={line} mayAsk />
        {session && MAY_TAKE_OVER.includes(session.role) && (
          <Button
            look="danger"
            outlined
            size="lg"
            icon={IconCrown}
            onClick={() => onTakeOver(holder)}
            data-testid="lock-take-over"
          >
            {t('line.takeOver')}
          </Button>
        )}
      </LockBanner>
    </div>
  )
}

function OrderLockText({ line }: { line: LockLine }) {
  const { t } = useTranslation()
  const { problem: sentence } = useProblemSentences()
  if (line.problem) return sentence(line.problem).cause
  return line.words ?? t('lock.worksMeanwhile')
}

interface LineButtonsProps {
  line: LockLine
  /** Asking is offered, with its key; otherwise only waiting. */
  mayAsk: boolean
  small?: boolean
}

/** Asking for the lock, waiting for it, and waiting no more. */
export function LineButtons({ line, mayAsk, small = false }: LineButtonsProps) {
  const { t } = useTranslation()
  const size = small ? 'sm' : 'lg'
  // The page's banner stays under the drawer's: two places, two names.
  const place = small ? 'editor' : 'lock'
  const again = line.waiting?.line.state === 'kept'
  return (
    <>
      {mayAsk && (line.mayAsk || again) && (
        <Button
          look="lock"
          size={size}
          icon={IconHandStop}
          keys="F6"
          busy={line.busy}
          disabled={!line.mayAsk}
          onClick={line.ask}
          data-testid={`${place}-ask`}
        >
          {t(again ? 'line.askAgain' : 'line.ask')}
        </Button>
      )}
      {line.waiting ? (
        <Button size={size} icon={IconPlayerStop} onClick={line.leave} data-testid={`${place}-stop`}>
          {t('line.stop')}
        </Button>
      ) : (
        <Button
          size={size}
          icon={IconBell}
          busy={line.busy}
          onClick={line.wait}
          data-testid={`${place}-wait`}
        >
          {t('line.wait')}
        </Button>
      )}
    </>
  )
}
