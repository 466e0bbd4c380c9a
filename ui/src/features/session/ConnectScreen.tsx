import { IconWorld } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Barcode } from '@/components/Barcode'
import { KeyHint } from '@/components/KeyHint'
import { Logo } from '@/components/Logo'
import { SegmentedLanguage } from '@/components/SegmentedLanguage'
import { Ttn } from '@/components/Ttn'
import { useConnection } from '@/lib/connection'
import { AddressForm } from './AddressForm'
import css from './ConnectScreen.module.css'
import { SetUpForm } from './SetUpForm'
import { SignInForm } from './SignInForm'

/** The number on the poster; its barcode is a real one. */
const POSTER_TTN = '8123475609142831'

/** Before anybody is signed in: find the server, set the office up, sign in. */
export function ConnectScreen({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation('session')
  const { t: word } = useTranslation()
  const version = useConnection((now) => now.version)
  const office = useConnection((now) => now.office)
  const server = useConnection((now) => now.server)
  const [changing, setChanging] = useState(false)
  const [setUp, setSetUp] = useState(false)
  const form =
    changing || !server || !office ? (
      <AddressForm known={server} onDone={() => setChanging(false)} />
    ) : office.setup_required && !setUp ? (
      <SetUpForm onDone={() => setSetUp(true)} />
    ) : (
      <SignInForm office={office} server={server} fresh={setUp} onChange={() => setChanging(true)} />
    )
  return (
    <div className={css.screen}>
      <aside className={css.poster}>
        <p className={css.brand}>
          <Logo size={40} /> {word('appName')}
        </p>
        <p className={css.slogan}>
          {t('sloganOne')}
          <br />
          {t('sloganTwo')}
          <br />
          <em>{t('sloganThree')}</em>
        </p>
        <p className={css.sloganText}>{t('sloganText')}</p>
        <div className={css.code}>
          <Ttn value={POSTER_TTN} size="line" />
          <Barcode digits={POSTER_TTN} module={4} height={180} colour="var(--hv)" />
        </div>
      </aside>
      <main className={css.paper}>
        <header className={css.top}>
          <span>{version && t('version', { version })}</span>
          <SegmentedLanguage />
        </header>
        <div className={css.middle}>{form}</div>
        <footer className={css.bottom}>
          <IconWorld size={16} stroke={1.8} aria-hidden /> {t('times')}
          <button type="button" className={css.help} onClick={onHelp}>
            <KeyHint keys="F1" /> {word('bar.help')}
          </button>
        </footer>
      </main>
    </div>
  )
}
