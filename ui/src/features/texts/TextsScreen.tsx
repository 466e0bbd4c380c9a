import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Banner } from '@/components/Banner'
import { Button } from '@/components/Button'
import { DamagedDraft } from '@/components/DamagedDraft'
import { KeyHint } from '@/components/KeyHint'
import { OfflineBanner } from '@/components/OfflineBanner'
import { PageHead } from '@/components/PageHead'
import { Skeleton } from '@/components/Skeleton'
import { useConnection, useSession } from '@/lib/connection'
import { useKeys } from '@/lib/keys'
import { asProblem, useProblemSentences } from '@/lib/problem'
import { TEXTS, useTexts } from '@/lib/texts'
import { keyOf, LANGUAGES, NOTICES, type TextKey, useDrafts } from './drafts'
import { TextEditor } from './TextEditor'
import css from './TextsScreen.module.css'

/** What customers read: one text per occasion and language. */
export function TextsScreen() {
  const { t } = useTranslation('texts')
  const { t: word } = useTranslation()
  const { problem } = useProblemSentences()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const session = useSession()
  const offline = useConnection((now) => now.link.state === 'offline')
  const changed = useDrafts()
  const [chosen, setChosen] = useState<TextKey>(keyOf('accepted', 'uk'))
  const { data, error } = useTexts()
  const back = () => navigate(-1)
  useKeys('screen', { Escape: back })

  const text = data?.templates.find((one) => keyOf(one.notice, one.language) === chosen)
  return (
    <>
      <PageHead
        title={t('title')}
        aside={
          <span className={css.meta}>
            <KeyHint keys="Escape" /> {word('cancel')}
          </span>
        }
      >
        <span className={css.note}>{t('note')}</span>
      </PageHead>
      <OfflineBanner />
      <DamagedDraft name="texts" />
      {error && !data && !offline && (
        <Banner kind="problem" title={t('error.title')} text={problem(asProblem(error)).cause}>
          <Button onClick={() => void queries.resetQueries({ queryKey: TEXTS })}>{word('retry')}</Button>
        </Banner>
      )}
      <div className={css.work}>
        <nav className={css.list} aria-label={t('list')}>
          {NOTICES.map((notice) => (
            <section key={notice} className={css.notice}>
              <h2>{t(`notice.${notice}`)}</h2>
              <p>{t(`when.${notice}`)}</p>
              {LANGUAGES.map((language) => {
                const key = keyOf(notice, language)
                const saved = data?.templates.find((one) => keyOf(one.notice, one.language) === key)
                return (
                  <button
                    key={key}
                    type="button"
                    className={css.item}
                    aria-current={key === chosen || undefined}
                    data-testid={`text-${key}`}
                    onClick={() => setChosen(key)}
                  >
                    {t(`language.${language}`)}
                    <span data-unsaved={changed[key] !== undefined || undefined}>
                      {changed[key] !== undefined
                        ? t('unsaved')
                        : saved && t(saved.changed_at === undefined ? 'default' : 'own')}
                    </span>
                  </button>
                )
              })}
            </section>
          ))}
        </nav>
        <div className={css.paper}>
          {!data && !error && <Skeleton rows={5} rowHeight={48} />}
          {data && text && (
            <TextEditor
              key={chosen}
              template={text}
              mostSegments={data.max_segments}
              readOnly={session?.role !== 'admin'}
              onSaved={(now) => queries.setQueryData(TEXTS, now)}
            />
          )}
        </div>
      </div>
    </>
  )
}
