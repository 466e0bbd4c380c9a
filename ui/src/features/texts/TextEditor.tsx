import { IconArrowBackUp, IconHash, IconLink } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { PageFoot } from '@/components/PageFoot'
import { Panel } from '@/components/Panel'
import { SmsBubble } from '@/components/SmsBubble'
import { TextArea } from '@/components/TextArea'
import { useConnection } from '@/lib/connection'
import { useKeyHold } from '@/lib/heldKeys'
import { useKeys } from '@/lib/keys'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Problem, Template, Templates } from '@/protocol/protocol'
import { dropDraft, dropSaved, keepDraft, keyOf, useDrafts } from './drafts'
import { putIn } from './insert'
import css from './TextEditor.module.css'
import { useTextRules } from './useTextRules'

/** A number as long as a real one: every text is measured with it. */
const SAMPLE = '8123475609142831'

interface Props {
  template: Template
  /** Segments that a text may take. */
  mostSegments: number
  readOnly: boolean
  /** The texts as they are now. */
  onSaved: (now: Templates) => void
}

/** One text: writing it, how much of SMS it takes, and what the customer reads. */
export function TextEditor({ template, mostSegments, readOnly, onSaved }: Props) {
  const { t } = useTranslation('texts')
  const { problem: sentence } = useProblemSentences()
  const { notice, language } = template
  const key = keyOf(notice, language)
  const draft = useDrafts()[key]
  const offline = useConnection((now) => now.link.state !== 'live')
  const text = draft ?? template.text
  const [busy, setBusy] = useState(false)
  const [saved, setSaved] = useState(false)
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const area = useRef<HTMLTextAreaElement>(null)
  const caret = useRef<number>(undefined)
  const { data: seen, isPlaceholderData: behind } = useQuery({
    queryKey: ['template-preview', notice, language, text],
    queryFn: () =>
      core.previewSms(notice, language, { ttn: SAMPLE, template: text, maxSegments: mostSegments }),
    placeholderData: keepPreviousData,
  })
  const rules = useTextRules()
  const wrong = rules(seen, mostSegments)

  // Before the caret was anywhere, what is put in goes to the end.
  useLayoutEffect(
    () => area.current?.setSelectionRange(area.current.value.length, area.current.value.length),
    [],
  )
  useLayoutEffect(() => {
    if (caret.current === undefined) return
    area.current?.focus()
    area.current?.setSelectionRange(caret.current, caret.current)
    caret.current = undefined
  })

  const write = (next: string) => {
    setSaved(false)
    setProblem(undefined)
    keepDraft(key, next, template.text)
  }
  const insert = (what: string) => {
    const field = area.current
    const put = putIn(text, field?.selectionStart ?? text.length, field?.selectionEnd ?? text.length, what)
    caret.current = put.caret
    write(put.text)
  }

  // One id for one wish: pressed again after a lost answer, it is still the same command.
  const command = useRef<{ wish: string; id: string }>(undefined)
  const run = async (wish: string, send: (commandId: string) => Promise<Templates>) => {
    setBusy(true)
    setProblem(undefined)
    try {
      if (command.current?.wish !== wish) command.current = { wish, id: await core.newCommandId() }
      const now = await send(command.current.id)
      command.current = undefined
      onSaved(now)
      dropSaved(key, text)
      setSaved(true)
      setAsking(false)
    } catch (thrown) {
      setProblem(asProblem(thrown))
    }
    setBusy(false)
  }
  const canSave = !readOnly && !offline && !busy && draft !== undefined && !wrong && seen && !behind
  const save = () => {
    if (!canSave) return
    void run(`set ${text}`, (command_id) =>
      core.request('templates.set', { command_id, notice, language, text }),
    )
  }
  // The rules are asked about every letter, and an earlier text may be on its way: the key means the text as it stands now.
  const waits = !seen || behind || busy
  const hold = useKeyHold(waits)
  useKeys('screen', { 'Ctrl+Enter': (event) => (waits && !readOnly && !offline ? hold(event) : save()) })

  return (
    <>
      <div className={css.work}>
        <Panel title={t(`notice.${notice}`)} note={t(`language.${language}`)}>
          <TextArea
            ref={area}
            label={t('text')}
            error={wrong?.text}
            rows={4}
            lang={language}
            spellCheck={false}
            readOnly={readOnly}
            value={text}
            onChange={(event) => write(event.target.value)}
            data-testid="text-area"
          />
          {!readOnly && (
            <p className={css.insert}>
              {t('insert')}
              <Button size="sm" icon={IconHash} onClick={() => insert('{ttn}')} data-testid="insert-ttn">
                {t('insert.ttn')}
              </Button>
              <Button size="sm" icon={IconLink} onClick={() => insert('{url}')} data-testid="insert-url">
                {t('insert.url')}
              </Button>
            </p>
          )}
          {wrong?.about && <p className={css.about}>{wrong.about}</p>}
        </Panel>
        <Panel title={t('preview')} note={t('sample')}>
          <SmsBubble language={language} text={seen?.text} data-testid="text-preview" />
          {seen && (
            <p
              className={css.size}
              data-wrong={seen.segments > mostSegments || undefined}
              data-testid="text-size"
            >
              <b>{t('size', { used: seen.used, limit: seen.limit, count: seen.segments })}</b>
              {' · '}
              {t(`alphabet.${seen.encoding}`)}
            </p>
          )}
        </Panel>
        {readOnly && <p className={css.about}>{t('readOnly')}</p>}
        {saved && (
          <p className={css.saved} role="status">
            {t('saved')}
          </p>
        )}
        {problem && !asking && (
          <p className={css.problem} role="alert">
            {sentence(problem).text}
          </p>
        )}
      </div>
      {!readOnly && (
        <PageFoot
          start={
            template.changed_at !== undefined && (
              <Button
                look="ghost"
                icon={IconArrowBackUp}
                disabled={busy || offline}
                onClick={() => setAsking(true)}
              >
                {t('reset')}
              </Button>
            )
          }
        >
          {draft !== undefined && (
            <Button size="lg" disabled={busy} onClick={() => dropDraft(key)}>
              {t('discard')}
            </Button>
          )}
          <Button
            look="primary"
            size="lg"
            keys="Ctrl+Enter"
            busy={busy}
            disabled={!canSave}
            onClick={save}
            data-testid="text-save"
          >
            {busy ? t('saving') : t('save')}
          </Button>
        </PageFoot>
      )}
      {asking && (
        <ConfirmDialog
          title={t('ask.reset')}
          act={t('ask.resetAct')}
          busy={busy}
          problem={problem && sentence(problem).text}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            void run('reset', (command_id) =>
              core.request('templates.reset', { command_id, notice, language }),
            )
          }
        >
          <p>{t('ask.resetText')}</p>
        </ConfirmDialog>
      )}
    </>
  )
}
