import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { Ttn } from '@/components/Ttn'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { LockHolder, Problem } from '@/protocol/protocol'

interface Props {
  ttn: string
  /** Who has it now. */
  holder: LockHolder
  onClose: () => void
  /** The lock is ours. */
  onTaken: () => void
}

/** A supervisor takes a lock, with a reason that stays in the history. */
export function TakeOverDialog({ ttn, holder, onClose, onTaken }: Props) {
  const { t } = useTranslation('order')
  const { problem: sentence, field } = useProblemSentences()
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  // One id for every try: after a lost answer it is written once.
  const [id] = useState(() => core.newCommandId())
  const refused = problem?.fields?.[0]

  const confirm = async (reason: string) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await core.takeOver(await id, ttn, reason)
      return onTaken()
    } catch (thrown) {
      setProblem(asProblem(thrown))
    }
    setBusy(false)
  }

  return (
    <ConfirmDialog
      title={t('takeOver.title')}
      act={t('takeOver.act')}
      danger
      reason="required"
      problem={refused ? field(refused) : problem && sentence(problem).cause}
      busy={busy}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <p>
        <Ttn value={ttn} size="line" />
      </p>
      <p>{t('takeOver.text', { who: holder.name, station: holder.station })}</p>
    </ConfirmDialog>
  )
}
