/**
 * The lines of a stream of bytes, without their newlines and without empty ones; a last line that no newline ends is
 * incomplete and left out. Throws what `tooLong` makes once a line has more than `longest` bytes, before keeping more.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly longest: number; readonly tooLong: () => Error },
): AsyncGenerator<string> {
  let kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      if (size + end - start > options.longest) throw options.tooLong();
      const line = Buffer.concat([...kept, chunk.subarray(start, end)]);
      [kept, size, start] = [[], 0, end + 1];
      if (line.length > 0) yield line.toString("utf8");
    }
    if (start === chunk.length) continue;
    size += chunk.length - start;
    if (size > options.longest) throw options.tooLong();
    kept.push(chunk.subarray(start));
  }
}
