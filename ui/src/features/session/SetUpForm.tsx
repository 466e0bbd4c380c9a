import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { TextField } from '@/components/TextField'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Problem, SetUp } from '@/protocol/protocol'
import css from './ConnectScreen.module.css'

const EMPTY: SetUp = {
  code: '',
  branch_name: '',
  branch_city: '',
  branch_street: '',
  name: '',
  login: '',
  password: '',
}

/** Makes the first employee of an office, with the code that the server printed. */
export function SetUpForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('session')
  const { problem: sentence, field } = useProblemSentences()
  const [typed, setTyped] = useState(EMPTY)
  const [again, setAgain] = useState('')
  const [problem, setProblem] = useState<Problem>()
  const [asked, setAsked] = useState(false)
  const [busy, setBusy] = useState(false)

  const setUp = async (event: FormEvent) => {
    event.preventDefault()
    setAsked(true)
    if (busy || Object.values(typed).some((text) => !text.trim()) || typed.password !== again) return
    setBusy(true)
    setProblem(undefined)
    try {
      await core.setUp(typed)
      onDone()
    } catch (thrown) {
      setProblem(asProblem(thrown))
    }
    setBusy(false)
  }

  const error = (name: keyof SetUp) => {
    const refused = problem?.fields?.find((refusal) => refusal.field === name)
    if (refused) return field(refused)
    return asked && !typed[name].trim() ? t('missing') : undefined
  }
  const input = (name: keyof SetUp, label: string, more: { type?: string; hint?: string } = {}) => (
    <TextField
      label={label}
      value={typed[name]}
      error={error(name)}
      autoFocus={name === 'code'}
      data-testid={`set-up-${name}`}
      onChange={(event) => {
        const { value } = event.target
        setTyped((before) => ({ ...before, [name]: value }))
      }}
      {...more}
    />
  )

  return (
    <form className={css.form} onSubmit={(event) => void setUp(event)}>
      <h1>{t('setUpTitle')}</h1>
      <p className={css.lead}>{t('setUpText')}</p>
      {input('code', t('code'))}
      {input('branch_name', t('branchName'))}
      <div className={css.pair}>
        {input('branch_city', t('city'))}
        {input('branch_street', t('street'))}
      </div>
      <div className={css.pair}>
        {input('name', t('name'))}
        {input('login', t('login'))}
      </div>
      <div className={css.pair}>
        {input('password', t('password'), { type: 'password', hint: t('passwordHint') })}
        <TextField
          label={t('passwordAgain')}
          type="password"
          value={again}
          error={asked && again !== typed.password ? t('passwordsDiffer') : undefined}
          data-testid="set-up-again"
          onChange={(event) => setAgain(event.target.value)}
        />
      </div>
      {problem && !problem.fields?.length && (
        <p className={css.problem} role="alert">
          {sentence(problem).cause}
        </p>
      )}
      <Button
        type="submit"
        look="primary"
        size="lg"
        keys="Enter"
        fullWidth
        busy={busy}
        data-testid="set-up-submit"
      >
        {busy ? t('settingUp') : t('setUp')}
      </Button>
    </form>
  )
}
