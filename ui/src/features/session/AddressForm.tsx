import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { TextField } from '@/components/TextField'
import { useConnection } from '@/lib/connection'
import { connectTo } from '@/lib/live'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Problem } from '@/protocol/protocol'
import css from './ConnectScreen.module.css'

/** Asks where the server is and reaches it. */
export function AddressForm({ known, onDone }: { known: string | undefined; onDone: () => void }) {
  const { t } = useTranslation('session')
  const { problem: sentence } = useProblemSentences()
  const waiting = useConnection((now) => now.link.state === 'offline')
  const [address, setAddress] = useState(known ?? '')
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)

  const connect = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setProblem(undefined)
    try {
      await connectTo(address)
      onDone()
    } catch (thrown) {
      setProblem(asProblem(thrown))
    }
    setBusy(false)
  }

  return (
    <form className={css.form} onSubmit={(event) => void connect(event)}>
      <h1>{t('connectTitle')}</h1>
      <p className={css.lead}>{known && waiting ? t('unreachable') : t('connectText')}</p>
      <TextField
        label={t('address')}
        hint={t('addressHint')}
        error={problem && sentence(problem).cause}
        size="lg"
        value={address}
        autoFocus
        data-testid="connect-address"
        onChange={(event) => {
          setProblem(undefined)
          setAddress(event.target.value)
        }}
      />
      <Button
        type="submit"
        look="primary"
        size="xl"
        keys="Enter"
        fullWidth
        busy={busy}
        data-testid="connect-submit"
      >
        {busy ? t('connecting') : t('connect')}
      </Button>
    </form>
  )
}
