export { type Authorize, everybody, type Identity } from '../access/authorize.ts'
