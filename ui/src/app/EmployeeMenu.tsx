import { IconLogout } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MenuButton } from '@/components/MenuButton'
import { useConnection, useSession } from '@/lib/connection'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import css from './Rail.module.css'

/** What stands in the circle: the number of "Clerk 12", "S1" of "Supervisor 1", else the initials. */
export function badgeOf(name: string, clerk: boolean): string {
  const words = name.trim().split(/\s+/)
  const number = words.find((word) => /^\d+$/.test(word))
  if (number && clerk) return number.slice(-3)
  return words
    .slice(0, 2)
    .map((word) => word[0]?.toLocaleUpperCase() ?? '')
    .join('')
}

/** Who is signed in here, and signing out. */
export function EmployeeMenu() {
  const { t } = useTranslation()
  const { problem } = useProblemSentences()
  const session = useSession()
  const waiting = useConnection((now) => now.pending.length)
  const [failed, setFailed] = useState('')
  if (!session) return null
  return (
    <MenuButton
      position="right-end"
      target={
        <button type="button" className={css.employee} aria-label={t('user.menu', { name: session.name })}>
          {badgeOf(session.name, session.role === 'clerk')}
        </button>
      }
      entries={[
        {
          id: 'sign-out',
          label: t('user.signOut'),
          icon: IconLogout,
          onPress: () => {
            core.signOut().catch((thrown: unknown) => setFailed(problem(asProblem(thrown)).text))
          },
        },
      ]}
    >
      <div className={css.menu}>
        <p className={css.who}>{session.name}</p>
        <p className={css.role}>{t(`role.${session.role}`)}</p>
        {waiting > 0 && <p className={css.role}>{t('user.stillWaiting', { count: waiting })}</p>}
        {failed && <p role="alert">{failed}</p>}
      </div>
    </MenuButton>
  )
}
