import { IconChevronDown, IconFilter, IconPlus } from '@tabler/icons-react'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Button } from '@/components/Button'
import { MenuButton } from '@/components/MenuButton'
import { PageHead } from '@/components/PageHead'
import { SearchField } from '@/components/SearchField'
import type { KeyBindings } from '@/lib/keys'
import type { Search } from '@/lib/search'
import css from './OrdersHead.module.css'
import { changeView, type ListView } from './view'

interface Props {
  ref: Ref<HTMLInputElement>
  view: ListView
  search: Search
  /** Keys of the list that work in the search too. */
  keys: KeyBindings
  /** A key was pressed ahead of the answer, and several parcels were found. */
  several: boolean
  /** A whole TTN was scanned or typed and Enter pressed. */
  onScan: (ttn: string) => void
}

/** The TTN in a text, if the text is nothing else: sixteen digits in any spacing. */
export function scannedTtn(text: string): string | undefined {
  const digits = text.replace(/[\s\u00a0\u202f-]/g, '')
  return /^[178]\d{15}$/.test(digits) ? digits : undefined
}

/** Title, search, whose parcels, and the way to a new one. */
export function OrdersHead({ ref, view, search, keys, several, onScan }: Props) {
  const { t } = useTranslation('orders')
  const navigate = useNavigate()
  const enter = (event: KeyboardEvent) => {
    const ttn = scannedTtn(search.text.get())
    return ttn ? onScan(ttn) : keys.Enter?.(event)
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
        search={search}
        label={t('search')}
        keys={{ ...keys, Enter: enter }}
        several={several}
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
