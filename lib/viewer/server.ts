/**
 * The server of the page: of this machine only, and only for who has its address.
 *
 * @module
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { isQuestion } from './answers/index.js'
import { Place } from './answers/opened.js'
import { assetAt } from './assets.js'
import { documentOf, policyOf } from './document.js'
import { Readers } from './readers.js'
import type { Line } from './wire.js'

/** Other addresses of this machine can be reached from outside. */
const HOST = '127.0.0.1'

export interface Viewer {
  /** With the token; whoever has it can read the checkpoints. */
  readonly url: string
  /** What is looked at, absolute. */
  readonly path: string
  close(): Promise<void>
}

export interface ViewerOptions {
  /** Default: any that is free. */
  readonly port?: number
}

/**
 * Serves the page of a checkpoint, of a file of another format, or of a run's directory.
 *
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED for what is at the path;
 *   Error of the system for a port that is taken
 */
export async function startViewer(path: string, options: ViewerOptions = {}): Promise<Viewer> {
  const place = new Place(path)
  const token = randomBytes(18).toString('base64url')
  const readers = new Readers(place.path)
  const page = new Page(token, basename(place.path), readers)
  const server = createServer((request, response) => {
    page.serve(request, response)
  })
  try {
    const port = await listen(server, options.port ?? 0)
    page.hosts = new Set([HOST, 'localhost'].flatMap((name) => namesAt(name, port)))
    const url = `http://${HOST}:${port}/${token}/`
    return { url, path: place.path, close: () => close(server, readers) }
  } catch (error) {
    await readers.close()
    throw error
  }
}

/** Browsers leave the port of HTTP out. */
const namesAt = (name: string, port: number): string[] =>
  port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

async function close(server: Server, readers: Readers): Promise<void> {
  const closed = new Promise<void>((resolve) =>
    server.close(() => {
      resolve()
    }),
  )
  server.closeAllConnections()
  await Promise.all([closed, readers.close()])
}

class Page {
  /** What a browser calls this server: a name of somebody else's may lead here, too. */
  hosts: ReadonlySet<string> = new Set()
  readonly #token: Buffer
  readonly #title: string
  readonly #readers: Readers

  constructor(token: string, title: string, readers: Readers) {
    this.#token = Buffer.from(token)
    this.#title = title
    this.#readers = readers
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('Cache-Control', 'no-store')
    const path = this.#pathOf(request)
    if (path === undefined) end(response, 404, 'not found\n')
    else if (request.method !== 'GET') end(response, 405, 'only GET\n')
    else if (path === '') this.#document(response)
    else if (path.startsWith('ask/')) this.#ask(request, path.slice(4), response)
    else asset(path, response)
  }

  /** Below the token; undefined if the request is not for us, which must not be told why. */
  #pathOf({ url = '', headers }: IncomingMessage): string | undefined {
    if (!this.hosts.has(headers.host ?? '')) return undefined
    const [, token = '', rest] = /^\/([^/]*)\/([^?]*)/.exec(url) ?? []
    const given = Buffer.from(token)
    const fits = given.length === this.#token.length && timingSafeEqual(given, this.#token)
    return fits ? rest : undefined
  }

  #document(response: ServerResponse): void {
    const nonce = randomBytes(16).toString('base64')
    response.setHeader('Content-Security-Policy', policyOf(nonce))
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end(documentOf(nonce, this.#title))
  }

  /** `ask/NAME?JSON`: one JSON text a line, progress first. */
  #ask(request: IncomingMessage, name: string, response: ServerResponse): void {
    const ask = askedIn(request.url ?? '')
    if (!isQuestion(name) || ask === undefined) {
      end(response, 400, 'no such question\n')
      return
    }
    response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8')
    const drop = this.#readers.ask(name, ask, (line: Line) => {
      const text = `${JSON.stringify(line)}\n`
      if ('progress' in line) response.write(text)
      else response.end(text)
    })
    // Also after the answer, when it does nothing.
    response.once('close', drop)
  }
}

function askedIn(url: string): unknown {
  const at = url.indexOf('?')
  try {
    const value: unknown = JSON.parse(decodeURIComponent(at < 0 ? '{}' : url.slice(at + 1)))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function asset(path: string, response: ServerResponse): void {
  const found = assetAt(path)
  if (found === undefined) {
    end(response, 404, 'not found\n')
    return
  }
  response.setHeader('Content-Type', found.type)
  response.end(found.content)
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(text)
}
