import type { Language } from '@/protocol/protocol'
import css from './SmsBubble.module.css'

interface Props {
  language: Language
  /** Absent while it is not known. */
  text: string | undefined
  'data-testid'?: string
}

/** The text of an SMS, as on a phone. */
export function SmsBubble({ language, text, ...rest }: Props) {
  return (
    <p className={css.bubble} lang={language} data-selectable {...rest}>
      {text}
    </p>
  )
}
