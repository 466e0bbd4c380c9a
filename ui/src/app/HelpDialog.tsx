import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { KeyHint } from '@/components/KeyHint'
import css from './HelpDialog.module.css'

/** All keys on one sheet. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const groups = [
    {
      title: t('help.everywhere'),
      keys: [
        { keys: ['F1'], what: t('help.help') },
        { keys: ['F2'], what: t('help.new') },
        { keys: ['F3'], what: t('help.orders') },
        { keys: ['F9'], what: t('help.messages') },
      ],
    },
    {
      title: t('help.inList'),
      keys: [
        { keys: ['↑', '↓', 'PgUp', 'PgDn'], what: t('help.move') },
        { keys: ['Home'], what: t('help.home') },
        { keys: ['Alt+↓', 'Alt+↑'], what: t('help.older') },
        { keys: ['Enter'], what: t('help.open') },
        { keys: ['Space', 'Shift+↓', 'Ctrl+KeyA'], what: t('help.mark') },
        { keys: ['F6'], what: t('help.place') },
        { keys: ['Delete'], what: t('help.cancel') },
        { keys: ['Ctrl+KeyC'], what: t('help.copy') },
      ],
    },
    {
      title: t('help.inForms'),
      keys: [
        { keys: ['Ctrl+Enter'], what: t('help.next') },
        { keys: ['Escape'], what: t('help.back') },
      ],
    },
  ]
  return (
    <Dialog title={t('help.title')} onClose={onClose} keys={{ F1: onClose }}>
      <dl className={css.keys}>
        {groups.map((group) => (
          <Fragment key={group.title}>
            <h3 className={css.group}>{group.title}</h3>
            {group.keys.map((entry) => (
              <Fragment key={entry.what}>
                <dt className={css.key}>
                  {entry.keys.map((key) => (
                    <KeyHint key={key} keys={key} />
                  ))}
                </dt>
                <dd>{entry.what}</dd>
              </Fragment>
            ))}
          </Fragment>
        ))}
      </dl>
    </Dialog>
  )
}
