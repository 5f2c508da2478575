// Loaded into api and worker before anything of theirs. They outlive a terminal's Ctrl-C on purpose, because the CLI stops
// them in order; when the CLI itself is killed, nobody would. Its end closes this channel.
const isOurs = process.env.GRANARY_FOLLOWS === String(process.ppid); // and not a child of api or worker
if (isOurs && process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref(); // listening must not keep a process alive that has nothing else to do
}
