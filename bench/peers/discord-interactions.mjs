export { verifyKey } from 'discord-interactions'
