import { IconShieldCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { Dialog } from '@/components/Dialog'
import { useEditAgain } from '@/components/useEditAgain'
import { WaitingList } from '@/components/WaitingList'
import { useConnection } from '@/lib/connection'
import { core } from '@/lib/platform'
import type { PendingCommand } from '@/protocol/protocol'
import css from './WaitingDialog.module.css'

/** Everything that waits for the server or ended while nobody looked, from any screen. */
export function WaitingDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('orders')
  const { t: word } = useTranslation()
  const ended = useConnection((now) => now.ended)
  const waiting = useConnection((now) => now.pending.length)
  const editAgain = useEditAgain()
  const edit = (command: PendingCommand) => {
    onClose()
    editAgain(command)
  }
  const dismissAll = () => {
    // One that is gone already needs no dismissing.
    for (const { command_id: id } of ended) void core.dismiss(id).catch(() => undefined)
    if (waiting === 0) onClose()
  }
  return (
    <Dialog
      title={waiting > 0 ? t('queue.title') : t('queue.endedTitle')}
      onClose={onClose}
      foot={
        <>
          {ended.length > 0 && (
            <Button look="ghost" onClick={dismissAll} data-testid="waiting-dismiss-all">
              {t('queue.dismissAll')}
            </Button>
          )}
          <Button look="primary" keys="Escape" onClick={onClose}>
            {word('close')}
          </Button>
        </>
      }
    >
      <div className={css.list}>
        {waiting + ended.length > 0 ? <WaitingList onEdit={edit} /> : <p>{t('queue.nothing')}</p>}
      </div>
      <p className={css.once}>
        <IconShieldCheck size={18} stroke={1.7} aria-hidden />
        <span>
          <b>{t('queue.onceTitle')}</b> {t('queue.once')}
        </span>
      </p>
    </Dialog>
  )
}
