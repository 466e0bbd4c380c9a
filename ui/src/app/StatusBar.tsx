import type { Icon } from '@tabler/icons-react'
import { IconBuildingStore, IconDeviceDesktop, IconLock, IconMessage } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { KeyHint } from '@/components/KeyHint'
import { changeView } from '@/features/messages/view'
import { useNow } from '@/lib/clock'
import { isMine, locks, useConnection, useSession } from '@/lib/connection'
import { clock, count, stamp } from '@/lib/format'
import { useHeldUp, useMessageCounts } from '@/lib/messageCounts'
import { useStore } from '@/lib/store'
import { HeldKeys } from './HeldKeys'
import { LinkState } from './LinkState'
import css from './StatusBar.module.css'

function Item({ icon: IconOf, label, children }: { icon: Icon; label: string; children: ReactNode }) {
  return (
    <li className={css.item}>
      <IconOf size={14} stroke={1.7} aria-hidden />
      {label} <b>{children}</b>
    </li>
  )
}

interface Props {
  onHelp: () => void
  /** Somebody wants to see what waits. */
  onWaiting: () => void
}

/** Am I live: the link, where this station is, what waits. Always in sight. */
export function StatusBar({ onHelp, onWaiting }: Props) {
  const { t } = useTranslation()
  const { t: told } = useTranslation('timeline')
  const now = useNow()
  const session = useSession()
  const offline = useConnection((conn) => conn.link.state === 'offline')
  const pending = useConnection((conn) => conn.pending.length)
  const ended = useConnection((conn) => conn.ended.length)
  const refused = useConnection(
    (conn) => conn.ended.filter(({ progress }) => progress.is === 'refused').length,
  )
  const mine = useStore(locks, (held) => [...held.values()].filter((lock) => isMine(lock, session)).length)
  const sms = useMessageCounts()
  const held = useHeldUp(sms, now)
  const heldUp = offline ? undefined : held
  const navigate = useNavigate()
  const settle = () => {
    changeView({ tab: 'problems', search: '' })
    void navigate('/messages')
  }
  return (
    <section className={css.bar} aria-label={t('bar.label')}>
      <ul className={css.items}>
        <li className={css.item}>
          <LinkState />
        </li>
        <HeldKeys />
        {pending > 0 && (
          <li className={`${css.item} ${css.pending}`}>
            <button type="button" className={css.press} onClick={onWaiting} data-testid="bar-waiting">
              {t('bar.waiting', { count: pending })}
            </button>
          </li>
        )}
        {ended > 0 && (
          <li className={`${css.item} ${refused > 0 ? css.problem : css.done}`}>
            <button type="button" className={css.press} onClick={onWaiting} data-testid="bar-ended">
              {refused > 0 ? t('bar.refused', { count: refused }) : t('bar.done', { count: ended })}
            </button>
          </li>
        )}
        <Item icon={IconBuildingStore} label={t('bar.branch')}>
          {session?.branch.name}
        </Item>
        <Item icon={IconDeviceDesktop} label={t('bar.station')}>
          {session?.station}
        </Item>
        {heldUp === undefined ? (
          <Item icon={IconMessage} label={t('bar.smsWaiting')}>
            {offline || sms === undefined ? '—' : count(sms.waiting)}
          </Item>
        ) : (
          <li className={`${css.item} ${css.pending}`} data-testid="sms-held-up">
            <IconMessage size={14} stroke={1.7} aria-hidden />
            {[
              t('bar.smsHeldUp', { time: stamp(heldUp.since, now), waiting: count(sms?.waiting ?? 0) }),
              heldUp.reason && told(`why.${heldUp.reason}`),
            ]
              .filter(Boolean)
              .join(' · ')}
          </li>
        )}
        {!offline && sms !== undefined && sms.problems > 0 && (
          <li className={`${css.item} ${css.problem}`}>
            <button type="button" className={css.press} onClick={settle} data-testid="sms-problems">
              {t('bar.smsProblems', { count: sms.problems })}
            </button>
          </li>
        )}
        <Item icon={IconLock} label={t('bar.myLocks')}>
          <span className={mine > 0 ? css.locked : undefined}>{mine}</span>
        </Item>
      </ul>
      <ul className={`${css.items} ${css.right}`}>
        <li className={`${css.item} ${css.extra}`}>{session?.name}</li>
        <li className={`${css.item} ${css.extra}`}>{clock(now)}</li>
        <li className={css.item}>
          <button type="button" className={css.press} onClick={onHelp}>
            <KeyHint keys="F1" on="frame" /> {t('bar.help')}
          </button>
        </li>
      </ul>
    </section>
  )
}
