package io.gatehouse.plugins.logging.file;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What lines are written to. Used by one thread at a time. */
interface Sink {
    /**
     * Opens it unless it is open, and anew where its path leads to something else by now.
     *
     * @param reopen to close it first in any case
     * @return whether what is written next goes to another file than what was written last
     */
    boolean open(boolean reopen) throws IOException;

    /** Writes bytes; fewer than all is no fault. */
    int write(ByteBuffer bytes) throws IOException;

    /**
     * Takes back the last bytes that were written since it was opened or found open.
     *
     * @return whether they are gone; false where that is not possible, or others have written meanwhile
     */
    boolean takeBack(int bytes) throws IOException;

    /** Brings what was written to the disk. */
    void sync() throws IOException;

    /** Closes it; it can be opened again. */
    void close() throws IOException;

    /** The file with this path, or the process's own output. */
    static Sink of(String path) {
        // opened by name, these two fail where the output is a socket
        return switch (path) {
            case "/dev/stdout" -> new Output(FileDescriptor.out);
            case "/dev/stderr" -> new Output(FileDescriptor.err);
            default -> new AppendedFile(Path.of(path));
        };
    }

    /** A file that only grows. Whoever renames or removes it gets a new one at its path. */
    final class AppendedFile implements Sink {
        private static final Set<OpenOption> OPTIONS =
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        private static final FileAttribute<?>[] MODE =
                FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"))
                        }
                        : new FileAttribute<?>[0];

        private final Path path;
        private @Nullable FileChannel channel;
        /** Which file was opened last; null where the system does not tell. */
        private @Nullable Object file;
        /** Where the next byte stands, as long as nobody else writes. */
        private long end;

        AppendedFile(Path path) {
            this.path = path;
        }

        @Override
        public boolean open(boolean reopen) throws IOException {
            if (channel != null && (reopen || !Objects.equals(file, fileAtPath()))) {
                close();
            }
            FileChannel open = channel;
            if (open != null) {
                end = open.size();
                return false;
            }
            open = FileChannel.open(path, OPTIONS, MODE);
            try {
                Object now = fileAtPath();
                boolean other = now == null || !now.equals(file);
                if (other) {
                    endTornLine(open);
                }
                end = open.size();
                channel = open;
                file = now;
                return other;
            } catch (IOException e) {
                open.close();
                throw e;
            }
        }

        /** A process that was killed may have left half a line: it gets its end, so that the next line is whole. */
        private void endTornLine(FileChannel open) throws IOException {
            long size = open.size();
            if (size == 0) {
                return;
            }
            ByteBuffer last = ByteBuffer.allocate(1);
            try (FileChannel reading = FileChannel.open(path, StandardOpenOption.READ)) {
                reading.read(last, size - 1);
            } catch (AccessDeniedException e) {
                return; // it may be written, but not read
            }
            if (last.get(0) != '\n') {
                open.write(ByteBuffer.wrap(new byte[] {'\n'}));
            }
        }

        private @Nullable Object fileAtPath() throws IOException {
            try {
                return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            } catch (NoSuchFileException e) {
                return null;
            }
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            FileChannel open = channel;
            if (open == null) {
                throw new IOException(path + ": closed");
            }
            int written = open.write(bytes);
            end += written;
            return written;
        }

        @Override
        public boolean takeBack(int bytes) throws IOException {
            FileChannel open = channel;
            if (open == null || open.size() != end) {
                return false;
            }
            open.truncate(end - bytes);
            end -= bytes;
            return true;
        }

        @Override
        public void sync() throws IOException {
            FileChannel open = channel;
            if (open != null) {
                open.force(true);
            }
        }

        @Override
        public void close() throws IOException {
            FileChannel open = channel;
            channel = null;
            if (open != null) {
                open.close();
            }
        }
    }

    /** Standard output or error. It is never closed: others write there, too. */
    final class Output implements Sink {
        private final FileChannel channel;

        @SuppressWarnings("resource") // closing the stream would close the process's output
        Output(FileDescriptor descriptor) {
            channel = new FileOutputStream(descriptor).getChannel();
        }

        @Override
        public boolean open(boolean reopen) {
            return false;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return channel.write(bytes);
        }

        @Override
        public boolean takeBack(int bytes) {
            return false; // it may be a terminal or a pipe
        }

        @Override
        public void sync() {}

        @Override
        public void close() {}
    }
}
