import { IconServer2 } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { SelectField } from '@/components/SelectField'
import { TextField } from '@/components/TextField'
import { useConnection } from '@/lib/connection'
import { core } from '@/lib/platform'
import { useLanguage } from '@/lib/preferences'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Office, Problem } from '@/protocol/protocol'
import css from './ConnectScreen.module.css'
import { useCapsLock } from './useCapsLock'

interface Props {
  office: Office
  server: string
  /** The office was set up a moment ago. */
  fresh: boolean
  /** Another server is wanted. */
  onChange: () => void
}

/** Branch, station, login and password. Enter signs in; the frame then opens by itself. */
export function SignInForm({ office, server, fresh, onChange }: Props) {
  const { t } = useTranslation('session')
  const { problem: sentence, field } = useProblemSentences()
  const language = useLanguage()
  const last = useConnection((now) => now.lastSignIn)
  const lastBranch = office.branches.find(({ id }) => id === last?.branch) ?? office.branches[0]
  const [branch, setBranch] = useState(lastBranch?.id ?? '')
  const [station, setStation] = useState(last?.station ?? '1')
  const [login, setLogin] = useState(last?.login ?? '')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<Problem>()
  const [asked, setAsked] = useState(false)
  const [busy, setBusy] = useState(false)
  const capsLock = useCapsLock()

  const missing = (text: string) => (asked && !text.trim() ? t('missing') : undefined)
  const refused = (name: string) => {
    const found = problem?.fields?.find((refusal) => refusal.field === name)
    return found && field(found)
  }
  const general = problem && !problem.fields?.length ? sentence(problem).cause : undefined

  const signIn = async (event: FormEvent) => {
    event.preventDefault()
    setAsked(true)
    if (busy || !login.trim() || !password || !station.trim()) return
    setBusy(true)
    setProblem(undefined)
    try {
      await core.signIn({ login, password, branch, station, language })
    } catch (thrown) {
      setProblem(asProblem(thrown))
      setPassword('')
      setAsked(false)
      setBusy(false)
    }
  }

  return (
    <form className={css.form} onSubmit={(event) => void signIn(event)}>
      <h1>{t('title')}</h1>
      <p className={css.lead}>{t('found')}</p>
      {fresh && <p className={css.done}>{t('setUpDone')}</p>}
      <section className={css.server}>
        <span className={css.serverMark}>
          <IconServer2 size={20} stroke={1.8} aria-hidden />
        </span>
        <p className={css.serverWords}>
          <b>{office.name}</b>
          <span>
            {server} · {t('stations', { count: office.stations_live })}
          </span>
        </p>
        <Button look="ghost" onClick={onChange}>
          {t('change')}
        </Button>
      </section>
      <div className={css.pair}>
        <SelectField
          label={t('branch')}
          size="lg"
          value={branch}
          data-testid="sign-in-branch"
          options={office.branches.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={setBranch}
          error={refused('branch')}
        />
        <TextField
          label={t('station')}
          size="lg"
          value={station}
          data-testid="sign-in-station"
          error={missing(station) ?? refused('station')}
          onChange={(event) => setStation(event.target.value)}
        />
      </div>
      <TextField
        label={t('login')}
        size="lg"
        value={login}
        autoFocus={!login}
        autoComplete="username"
        data-testid="sign-in-login"
        error={missing(login) ?? refused('login')}
        onChange={(event) => setLogin(event.target.value)}
      />
      <TextField
        label={t('password')}
        type="password"
        size="lg"
        value={password}
        autoFocus={Boolean(login)}
        autoComplete="current-password"
        data-testid="sign-in-password"
        hint={capsLock.on ? t('capsLock') : undefined}
        error={
          missing(password) ??
          (general && (capsLock.on ? `${general}. ${t('capsLock')}.` : general)) ??
          refused('password')
        }
        onChange={(event) => setPassword(event.target.value)}
        {...capsLock.watch}
      />
      <Button
        type="submit"
        look="primary"
        size="xl"
        keys="Enter"
        fullWidth
        busy={busy}
        data-testid="sign-in-submit"
      >
        {busy ? t('signingIn') : t('signIn')}
      </Button>
    </form>
  )
}
