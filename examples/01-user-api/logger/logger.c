// Writes the lines of the other components to standard output.
//
// It calls the WASI 0.2 imports itself and uses nothing of libc but malloc: that keeps it at a few KB, and the list of
// its imports at what a logger needs.

#include "gen/logger.h"

#define LINE_MAX 4096

static size_t put(uint8_t *line, size_t used, const uint8_t *text, size_t length) {
  for (size_t i = 0; i < length && used < LINE_MAX - 1; i++) {
    uint8_t byte = text[i];
    // A line break or an escape sequence in a message could fake a line or repaint a terminal.
    line[used++] = (byte < 0x20 || byte == 0x7f) ? '.' : byte;
  }
  return used;
}

void exports_example_logger_log_write(exports_example_logger_log_level_t *level, logger_string_t *message) {
  static const uint8_t names[4][6] = {"debug ", "info  ", "warn  ", "error "};
  uint8_t line[LINE_MAX];
  size_t used = put(line, 0, names[level->tag & 3], sizeof names[0]);
  used = put(line, used, message->ptr, message->len);
  line[used++] = '\n';
  logger_string_free(message);

  wasi_io_streams_own_output_stream_t out = wasi_cli_stdout_get_stdout();
  logger_list_u8_t bytes = {line, used};
  wasi_io_streams_stream_error_t failure;
  if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(wasi_io_streams_borrow_output_stream(out), &bytes,
                                                                     &failure))
    wasi_io_streams_stream_error_free(&failure); // A log that can't be written is no reason to fail a request.
  wasi_io_streams_output_stream_drop_own(out);
}
