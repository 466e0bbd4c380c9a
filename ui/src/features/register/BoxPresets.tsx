import { IconCube } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { BoxDrawing } from '@/components/BoxDrawing'
import { KeyHint } from '@/components/KeyHint'
import { Panel } from '@/components/Panel'
import { size } from '@/lib/format'
import css from './BoxPresets.module.css'
import { BOX_PRESETS, type BoxPreset } from './draft'

interface Props {
  chosen: BoxPreset['id'] | undefined
  onChoose: (preset: BoxPreset) => void
}

/** The company's boxes, to scale. One press fills three fields. */
export function BoxPresets({ chosen, onChoose }: Props) {
  const { t } = useTranslation('register')
  return (
    <Panel icon={IconCube} title={t('presets')} note={t('presetsNote')}>
      <div className={css.presets}>
        {BOX_PRESETS.map((box, position) => (
          <button
            key={box.id}
            type="button"
            className={css.preset}
            aria-pressed={box.id === chosen}
            // The field being typed in keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(box)}
          >
            <span className={css.key}>
              <KeyHint keys={`Alt+Digit${position + 1}`} />
            </span>
            <span className={css.drawing}>
              <BoxDrawing {...box} chosen={box.id === chosen} />
            </span>
            <b>{t(`box.${box.id}`)}</b>
            <span className={css.size}>{size(box.length, box.width, box.height)}</span>
          </button>
        ))}
      </div>
    </Panel>
  )
}
