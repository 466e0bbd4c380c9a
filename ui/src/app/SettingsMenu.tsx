import { IconMessageCog, IconSettings } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { MenuButton } from '@/components/MenuButton'
import { Segmented } from '@/components/Segmented'
import { SegmentedLanguage } from '@/components/SegmentedLanguage'
import { useConnection, useSession } from '@/lib/connection'
import { prefer, preferences } from '@/lib/preferences'
import { useStore } from '@/lib/store'
import css from './Rail.module.css'

/** Language, theme, and what this desktop is connected to. */
export function SettingsMenu() {
  const { t } = useTranslation()
  const theme = useStore(preferences, (kept) => kept.theme)
  const server = useConnection((now) => now.server)
  const session = useSession()
  const navigate = useNavigate()
  const version = useConnection((now) => now.version)
  return (
    <MenuButton
      position="right-end"
      width={300}
      entries={
        session?.role === 'admin'
          ? [
              {
                id: 'texts',
                label: t('settings.texts'),
                icon: IconMessageCog,
                onPress: () => navigate('/settings/texts'),
              },
            ]
          : []
      }
      target={
        <button type="button" className={css.item}>
          <IconSettings size={22} stroke={1.7} aria-hidden />
          <span className={css.word}>{t('rail.settings')}</span>
        </button>
      }
    >
      <div className={css.menu}>
        <p className={css.menuTitle}>{t('settings.language')}</p>
        <SegmentedLanguage fullWidth />
        <p className={css.menuTitle}>{t('settings.theme')}</p>
        <Segmented
          label={t('settings.theme')}
          value={theme}
          options={(['light', 'dark', 'system'] as const).map((value) => ({
            value,
            label: t(`settings.${value}`),
          }))}
          onChange={(next) => prefer({ theme: next })}
          fullWidth
        />
        <dl className={css.facts}>
          <dt>{t('settings.server')}</dt>
          <dd>{server ?? '—'}</dd>
          <dt>{t('settings.version')}</dt>
          <dd>{version}</dd>
        </dl>
      </div>
    </MenuButton>
  )
}
