export {
  type Dispatcher,
  type ExchangeLimits,
  exchange,
  type HttpAnswer,
  type HttpRequest,
} from './exchange.ts'
