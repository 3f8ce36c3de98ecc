import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

export interface Site {
  /** Contents by path. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Directories by the prefix of their paths, both ending in a slash. */
  readonly directories?: Readonly<Record<string, string>>;
  /** Whether pages are isolated from other origins, without which no memory is shared between threads. */
  readonly isolated: boolean;
}

export interface Served {
  /** Without a slash at the end. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves a site to this machine alone. */
export async function serve(site: Site): Promise<Served> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'file:').pathname);
    const found = lookUp(site, path);
    if (site.isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    if (found === null) {
      response.writeHead(404).end(`nothing is at ${path}`);
      return;
    }
    const length = typeof found === 'object' && 'file' in found ? statSync(found.file).size : Buffer.byteLength(found);
    response.writeHead(200, {
      'Content-Type': TYPES[path.endsWith('/') ? '.html' : extname(path)] ?? 'application/octet-stream',
      'Content-Length': length,
    });
    if (typeof found === 'object' && 'file' in found) createReadStream(found.file).pipe(response);
    else response.end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => closed(server) };
}

function lookUp(site: Site, path: string): string | Uint8Array | { readonly file: string } | null {
  const content = Object.hasOwn(site.files, path) ? site.files[path] : undefined;
  if (content !== undefined) return content;
  for (const [prefix, directory] of Object.entries(site.directories ?? {})) {
    if (!path.startsWith(prefix)) continue;
    const file = join(directory, normalize(path.slice(prefix.length)));
    if (file.startsWith(normalize(directory + sep)) && statSync(file, { throwIfNoEntry: false })?.isFile() === true)
      return { file };
  }
  return null;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) =>
    server.close(() => {
      resolve();
    }),
  );
}
