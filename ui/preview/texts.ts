import type { CustomerNotice, Language, SmsPreview, Templates } from '@/protocol/protocol'
import { at } from './world'

const texts: Record<Language, Record<CustomerNotice, string>> = {
  uk: {
    accepted: 'Посилку {ttn} прийнято. Стежити: {url}',
    arrived: 'Посилка {ttn} прибула. Деталі: {url}',
    completed: 'Посилку {ttn} вручено. Дякуємо! {url}',
  },
  en: {
    accepted: 'Parcel {ttn} accepted. Track it: {url}',
    arrived: 'Parcel {ttn} has arrived. Details: {url}',
    completed: 'Parcel {ttn} handed over. Thank you! {url}',
  },
}

/** The texts as the invented office has them. */
export function templates(): Templates {
  const notices: CustomerNotice[] = ['accepted', 'arrived', 'completed']
  const languages: Language[] = ['uk', 'en']
  return {
    templates: notices.flatMap((notice) =>
      languages.map((language) => ({
        notice,
        language,
        text: texts[language][notice],
        default_text: texts[language][notice],
        size: measure(filled(texts[language][notice])),
        changed_at: notice === 'arrived' ? at('11:04:19') : undefined,
      })),
    ),
    tracking_url: 'post.example',
    max_segments: 1,
  }
}

const filled = (template: string, number = '8123 4567 8901 2345') =>
  template.replaceAll('{ttn}', number).replaceAll('{url}', 'post.example')

/** About what the core would say; the rules themselves are in Rust. */
export function measure(text: string) {
  const ucs2 = /[^ -~]/.test(text)
  const [alone, several] = ucs2 ? [70, 67] : [160, 153]
  const segments = text.length <= alone ? 1 : Math.ceil(text.length / several)
  return {
    encoding: ucs2 ? ('ucs2' as const) : ('gsm7' as const),
    used: text.length,
    limit: segments === 1 ? alone : several * segments,
    segments,
  }
}

/** The text of a template, or of the invented office, with a number put in. */
export function previewOf(asked: {
  notice: CustomerNotice
  language: Language
  ttn?: string
  template?: string
  maxSegments?: number
}): SmsPreview {
  const template = asked.template ?? texts[asked.language][asked.notice]
  const text = filled(template, asked.ttn?.match(/\d{4}/g)?.join(' ') ?? '•••• •••• •••• ••••')
  const size = measure(text)
  const tooLong = size.segments > (asked.maxSegments ?? 9)
  const code = tooLong ? 'too_many_segments' : template.includes('{ttn}') ? undefined : 'ttn_missing'
  const refusal = code && ({ field: 'text', code, detail: { max: 1, actual: size.segments } } as const)
  return { notice: asked.notice, text, ...size, refusal }
}
