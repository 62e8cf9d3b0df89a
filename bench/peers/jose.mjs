export { importJWK, jwtVerify } from 'jose'
