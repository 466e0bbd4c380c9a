import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Empty } from '@/components/Empty'
import { changeView, type MessagesView } from './view'

/** No rows: because of the search, the tab, or because nothing was sent today. Names the next keys. */
export function MessagesEmpty({ view, onSearch }: { view: MessagesView; onSearch: () => void }) {
  const { t } = useTranslation('messages')
  const navigate = useNavigate()
  const register = { keys: 'F2', label: t('empty.register'), onPress: () => navigate('/register') }
  if (view.search) {
    return (
      <Empty
        title={t('empty.searchTitle')}
        text={t('empty.searchText', { search: view.search })}
        keys={[
          { keys: 'Escape', label: t('empty.clear'), onPress: () => changeView({ search: '' }) },
          { keys: 'F3', label: t('empty.again'), onPress: onSearch },
        ]}
      />
    )
  }
  if (view.tab === 'all') return <Empty title={t('empty.title')} text={t('empty.text')} keys={[register]} />
  return (
    <Empty
      title={t('empty.tabTitle')}
      text={t(`empty.tab.${view.tab}`)}
      keys={[{ keys: 'Home', label: t('empty.all'), onPress: () => changeView({ tab: 'all' }) }]}
    />
  )
}
