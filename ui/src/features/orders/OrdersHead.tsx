import { IconChevronDown, IconFilter, IconPlus } from '@tabler/icons-react'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Button } from '@/components/Button'
import { MenuButton } from '@/components/MenuButton'
import { PageHead } from '@/components/PageHead'
import { SearchField } from '@/components/SearchField'
import { type Step, stepOf } from '@/lib/step'
import css from './OrdersHead.module.css'
import { changeView, type ListView } from './view'

const search = (text: string) => changeView({ search: text })

interface Props {
  ref: Ref<HTMLInputElement>
  view: ListView
  onStep: (step: Step) => void
  onOpen: () => void
  /** A whole TTN was scanned or typed and Enter pressed. */
  onScan: (ttn: string) => void
}

/** The TTN in a text, if the text is nothing else: sixteen digits in any spacing. */
export function scannedTtn(text: string): string | undefined {
  const digits = text.replace(/[\s\u00a0\u202f-]/g, '')
  return /^[178]\d{15}$/.test(digits) ? digits : undefined
}

/** Title, search, whose parcels, and the way to a new one. */
export function OrdersHead({ ref, view, onStep, onOpen, onScan }: Props) {
  const { t } = useTranslation('orders')
  const navigate = useNavigate()
  const enter = (text: string, isFresh: boolean) => {
    const ttn = scannedTtn(text)
    if (ttn) onScan(ttn)
    else if (isFresh) return false
    else onOpen()
    return true
  }
  const listKey = (code: string) => {
    const step = stepOf(code)
    if (step) onStep(step)
    return step !== undefined
  }

  return (
    <PageHead
      title={t('title')}
      aside={
        <Button look="primary" icon={IconPlus} keys="F2" onClick={() => navigate('/register')}>
          {t('newParcel')}
        </Button>
      }
    >
      <SearchField
        ref={ref}
        value={view.search}
        label={t('search')}
        onSearch={search}
        onEnter={enter}
        onListKey={listKey}
      />
      <MenuButton
        position="bottom-start"
        target={
          <button type="button" className={css.scope} aria-label={t('scope.label')}>
            <IconFilter size={16} stroke={1.7} aria-hidden />
            <span className={css.word}>{t(`scope.${view.scope}`)}</span>
            <IconChevronDown size={15} stroke={1.8} aria-hidden />
          </button>
        }
        entries={(['my_branch', 'all_branches'] as const).map((scope) => ({
          id: scope,
          label: t(`scope.${scope}`),
          onPress: () => changeView({ scope }),
        }))}
      />
    </PageHead>
  )
}
