import { IconAlertCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { clockSeconds, stamp } from '@/lib/format'
import type { MessageAttempt, MessageRow, MessageState, SmsSize } from '@/protocol/protocol'
import css from './MessageCard.module.css'
import { messageLook } from './messageLook'
import { SmsBubble } from './SmsBubble'
import { SmsTicks } from './SmsTicks'
import { Timeline, TimelineItem } from './Timeline'
import { useMessageWords } from './useMessageWords'

interface Props {
  row: MessageRow
  /** The TTN, where it is not written over the card already. */
  ttn?: ReactNode
  /** The tries, newest first; absent until they are loaded. */
  attempts: readonly MessageAttempt[] | undefined
  /** How much of SMS the text takes; absent while it is not known. */
  size: SmsSize | undefined
  /** State of the message that was sent instead. */
  newer: MessageState | undefined
  /** What can be done: the number and the buttons. */
  children: ReactNode
}

/** One message in full: where it is, why, what that means, its text, what can be done, and every try. */
export function MessageCard({ row, ttn, attempts, size, newer, children }: Props) {
  const { t } = useTranslation('messages')
  const { t: word } = useTranslation()
  const words = useMessageWords()
  const now = useNow()
  const { message } = row
  const { icon: IconOf, tone } = messageLook[message.state]
  return (
    <>
      <div className={css.top}>
        <div className={css.line}>
          <span
            className={css.chip}
            data-testid="message-state"
            data-state={message.state}
            style={
              tone && { color: `var(--${tone})`, background: `var(--${tone}-bg)`, borderColor: 'transparent' }
            }
          >
            <IconOf size={18} stroke={1.8} aria-hidden />
            {word(`sms.${message.state}`)}
          </span>
          {ttn}
        </div>
        <h2 className={css.head}>{words.head(message)}</h2>
        <p className={css.means}>{words.means(row, now)}</p>
        {message.replaced_by && newer && (
          <p className={css.newer} data-testid="message-newer" data-state={newer}>
            {t('newer')} <SmsTicks state={newer} withWord />
          </p>
        )}
        {message.text ? (
          <>
            <div className={css.text}>
              <SmsBubble language={message.language} text={message.text} />
            </div>
            <p className={css.meta}>
              {[
                size && t('size', { used: size.used, limit: size.limit, count: size.segments }),
                t(`notice.${message.notice}`),
              ]
                .filter(Boolean)
                .join(' · ')}
            </p>
          </>
        ) : (
          <p className={css.gone}>
            <IconAlertCircle size={15} stroke={1.8} aria-hidden />
            {t('textGone')}
          </p>
        )}
        {children}
      </div>
      <section className={css.tries}>
        <h3 className={css.title}>{t('tries.title')}</h3>
        {attempts && attempts.length === 0 && <p className={css.meta}>{t('tries.none')}</p>}
        {attempts && attempts.length > 0 && <Tries attempts={attempts} now={now} />}
      </section>
    </>
  )
}

function Tries({ attempts, now }: { attempts: readonly MessageAttempt[]; now: number }) {
  const { t } = useTranslation('messages')
  const words = useMessageWords()
  return (
    <Timeline label={t('tries.title')}>
      {attempts.map((one) => {
        // To be tried again is no trouble of the message, but it is one of this try.
        const { icon, tone } = messageLook[one.state === 'queued' ? 'failed' : one.state]
        return (
          <TimelineItem
            key={`${one.attempt}-${one.state}`}
            icon={icon}
            tone={tone}
            title={words.attempt(one)}
            meta={one.next_attempt_at ? t('retryAt', { time: clockSeconds(one.next_attempt_at) }) : undefined}
            time={stamp(one.at, now, true)}
          />
        )
      })}
    </Timeline>
  )
}
