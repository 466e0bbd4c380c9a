import { IconChevronDown, IconFilter, IconPlus, IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, type Ref, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Button } from '@/components/Button'
import { KeyHint } from '@/components/KeyHint'
import { MenuButton } from '@/components/MenuButton'
import { PageHead } from '@/components/PageHead'
import css from './OrdersHead.module.css'
import type { Step } from './step'
import { changeView, type ListView } from './view'

const TYPING_MS = 200
const LONGEST = 100

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
  const [text, setText] = useState(view.search)
  const [focused, setFocused] = useState(false)

  useEffect(() => setText(view.search), [view.search])
  useEffect(() => {
    const wanted = text.trim()
    if (wanted === view.search) return
    const timer = setTimeout(() => changeView({ search: wanted }), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text, view.search])

  const keyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.code === 'ArrowDown') onStep('down')
    else if (event.code === 'ArrowUp') onStep('up')
    else if (event.code === 'PageDown') onStep('pageDown')
    else if (event.code === 'PageUp') onStep('pageUp')
    else if (event.code === 'Enter' || event.code === 'NumpadEnter') {
      const ttn = scannedTtn(text)
      if (ttn) onScan(ttn)
      else if (text.trim() !== view.search) changeView({ search: text.trim() })
      else onOpen()
    } else if (event.code === 'Escape' && !text) event.currentTarget.blur()
    else if (event.code === 'Escape') {
      setText('')
      changeView({ search: '' })
    } else return
    event.preventDefault()
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
      <div className={css.search}>
        <IconSearch size={17} stroke={1.7} aria-hidden />
        <input
          ref={ref}
          className={css.input}
          aria-label={t('search')}
          placeholder={t('search')}
          value={text}
          maxLength={LONGEST}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={keyDown}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
        />
        <span className={css.key}>
          <KeyHint keys={focused ? 'Escape' : 'F3'} />
        </span>
      </div>
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
