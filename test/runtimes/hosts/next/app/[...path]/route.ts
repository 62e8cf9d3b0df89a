import { createApp } from '../../../../app.ts'

const handler = createApp(process.env)
export { handler as GET, handler as POST }
