import { createHashRouter, Navigate } from 'react-router'
import { MessagesScreen } from '@/features/messages/MessagesScreen'
import { OrderScreen } from '@/features/order/OrderScreen'
import { OrdersScreen } from '@/features/orders/OrdersScreen'
import { RegisterScreen } from '@/features/register/RegisterScreen'
import { TextsScreen } from '@/features/texts/TextsScreen'
import { Frame } from './Frame'
import { SignedIn, SignedOut } from './gates'
import { ScreenCrash } from './ScreenCrash'
import { Welcome } from './Welcome'

/**
 * The screens and their addresses. `#/orders/:ttn?do=place` opens the order with the place drawer; `do` may also be `cancel`,
 * `complete` or `delete`. `#/orders/:ttn?tab=messages` opens it at its messages.
 */
export const router = createHashRouter([
  {
    element: <SignedOut />,
    children: [{ path: '/connect', element: <Welcome />, errorElement: <ScreenCrash /> }],
  },
  {
    element: <SignedIn />,
    children: [
      {
        element: <Frame />,
        children: [
          { path: '/orders', element: <OrdersScreen />, errorElement: <ScreenCrash /> },
          { path: '/orders/:ttn', element: <OrderScreen />, errorElement: <ScreenCrash /> },
          { path: '/messages', element: <MessagesScreen />, errorElement: <ScreenCrash /> },
          { path: '/register', element: <RegisterScreen />, errorElement: <ScreenCrash /> },
          { path: '/settings/texts', element: <TextsScreen />, errorElement: <ScreenCrash /> },
        ],
      },
    ],
  },
  { path: '*', element: <Navigate to="/orders" replace /> },
])
