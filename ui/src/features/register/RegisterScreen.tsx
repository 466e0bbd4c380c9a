import { IconCheck, IconPencil, IconShieldCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useLocation, useNavigate } from 'react-router'
import { Banner } from '@/components/Banner'
import { Button } from '@/components/Button'
import { DamagedDraft } from '@/components/DamagedDraft'
import { KeyHint } from '@/components/KeyHint'
import { OfflineBanner } from '@/components/OfflineBanner'
import { PageFoot } from '@/components/PageFoot'
import { PageHead } from '@/components/PageHead'
import { Panel } from '@/components/Panel'
import { Steps } from '@/components/Steps'
import type { EditAgain } from '@/components/useEditAgain'
import { useConnection } from '@/lib/connection'
import { useFormat } from '@/lib/format'
import { useKeys } from '@/lib/keys'
import { useProblemSentences } from '@/lib/problem'
import { CargoStep } from './CargoStep'
import { ConfirmStep } from './ConfirmStep'
import { isUntouched, itemOf, type Step } from './draft'
import { LastFive } from './LastFive'
import { PartiesStep } from './PartiesStep'
import { PricePanel } from './PricePanel'
import { Registered } from './Registered'
import css from './RegisterScreen.module.css'
import { type Registration, useRegistration } from './useRegistration'

/** Registers a parcel: parties, cargo, confirmation; then shows its number. */
export function RegisterScreen() {
  const back = useLocation().state as EditAgain | null
  return <Registering key={back?.commandId} back={back ?? undefined} />
}

function Registering({ back }: { back: EditAgain | undefined }) {
  const registration = useRegistration(back?.order)
  const { created, afresh, again } = registration
  if (created) return <Registered created={created} onNext={afresh} onSameSender={again} />
  return <RegisterForm registration={registration} />
}

function RegisterForm({ registration }: { registration: Registration }) {
  const { t } = useTranslation('register')
  const { problem: sentence } = useProblemSentences()
  const { money } = useFormat()
  const navigate = useNavigate()
  const offline = useConnection((now) => now.link.state === 'offline')
  const { draft, running, field, problem, busy, change, goTo, next, afresh } = registration
  const { step } = draft

  const back = () => (step === 0 ? navigate('/orders') : goTo((step - 1) as Step))
  useKeys('screen', { Escape: back, 'Ctrl+Enter': () => void next() })

  const total = running.quote?.price.total_minor
  const toFix = [...new Set(registration.toFix.map((refusal) => fixWord(refusal.field)))]
  return (
    <>
      <PageHead
        title={t('title')}
        aside={
          !isUntouched(draft) && (
            <span className={css.kept}>
              <IconPencil size={13} stroke={1.8} aria-hidden /> {t('kept')}
            </span>
          )
        }
      >
        <div className={css.steps}>
          <Steps
            label={t('steps')}
            current={step}
            steps={[t('step.parties'), t('step.cargo'), t('step.confirm')]}
          />
        </div>
      </PageHead>
      <OfflineBanner />
      <DamagedDraft name="register" />
      {problem && (
        <Banner
          kind="problem"
          title={problem.code === 'id_reused' ? t('reused') : sentence(problem).text}
          text={problem.request_id}
        />
      )}
      <div className={css.work} data-step={step}>
        <div className={css.form}>
          {step === 0 && <PartiesStep draft={draft} field={field} onChange={change} />}
          {step === 1 && (
            <CargoStep
              draft={draft}
              running={running}
              field={field}
              onChange={change}
              onEditParties={() => goTo(0)}
            />
          )}
          {step === 2 && <ConfirmStep draft={draft} running={running} onEditCargo={() => goTo(1)} />}
        </div>
        <aside className={css.side}>
          <PricePanel quote={running.quote} note={<PriceNote registration={registration} />} />
          {step === 2 ? <OnSaving /> : <LastFive />}
        </aside>
      </div>
      <PageFoot
        start={
          <>
            <Button look="ghost" keys="Escape" onClick={back} disabled={busy}>
              {t(step === 0 ? 'leave' : step === 1 ? 'backToParties' : 'backToCargo')}
            </Button>
            {step === 0 && !isUntouched(draft) && (
              <Button look="ghost" onClick={afresh}>
                {t('afresh')}
              </Button>
            )}
          </>
        }
      >
        {toFix.length > 0 && (
          <p className={css.toFix} role="status">
            {t('toFix', { fields: toFix.map((word) => t(word)).join(', ') })}
          </p>
        )}
        {busy && offline && <p className={css.waiting}>{t('waiting')}</p>}
        {step === 1 && toFix.length === 0 && (
          <p className={css.hints}>
            <KeyHint keys="Tab" /> {t('nextField')} <KeyHint keys="Alt+1…6" /> {t('preset')}
          </p>
        )}
        <Button
          look="primary"
          size={step === 2 ? 'xl' : 'lg'}
          keys="Ctrl+Enter"
          busy={busy}
          onClick={() => void next()}
          data-testid={step === 2 ? 'register-save' : 'register-next'}
        >
          {step === 0 && t('toCargo')}
          {step === 1 && t('toConfirm')}
          {step === 2 &&
            (busy ? t('saving') : t('save', { amount: total === undefined ? '' : money(total) }))}
        </Button>
      </PageFoot>
    </>
  )
}

/** Last part of a field's path, as the foot names it. */
function fixWord(path: string) {
  const last = path.split('.').at(-1) ?? path
  return `fix.${last}` as
    | 'fix.phone'
    | 'fix.name'
    | 'fix.city'
    | 'fix.street'
    | 'fix.description'
    | 'fix.length_mm'
    | 'fix.width_mm'
    | 'fix.height_mm'
    | 'fix.weight_g'
    | 'fix.declared_minor'
    | 'fix.cargo'
}

/** What a clerk would be asked about the price: why more than by weight, who pays. */
function PriceNote({ registration: { draft, running } }: { registration: Registration }) {
  const { t } = useTranslation('register')
  const byVolume = draft.cargo.flatMap((row, position) => {
    const chargeable = running.chargeable.get(row.key)
    return chargeable !== undefined && chargeable > itemOf(row).weight_g ? [position + 1] : []
  })
  const payer = draft.step === 2 && t(draft.payer === 'sender' ? 'price.senderPays' : 'price.recipientPays')
  const volume =
    byVolume.length > 0 && t('price.byVolume', { count: byVolume.length, items: byVolume.join(', ') })
  return [volume, payer].filter(Boolean).join(' ')
}

/** What saving does, and that it is safe to press twice. */
function OnSaving() {
  const { t } = useTranslation('register')
  return (
    <>
      <Panel icon={IconCheck} title={t('onSaving')}>
        <ul className={css.saving}>
          {(['onSaving.ttn', 'onSaving.sms', 'onSaving.seen'] as const).map((line) => (
            <li key={line}>
              <IconCheck size={16} stroke={2} aria-hidden /> {t(line)}
            </li>
          ))}
        </ul>
      </Panel>
      <p className={css.safe}>
        <IconShieldCheck size={18} stroke={1.8} aria-hidden />
        <span>
          <b>{t('safe')}</b> {t('safeText')}
        </span>
      </p>
    </>
  )
}
