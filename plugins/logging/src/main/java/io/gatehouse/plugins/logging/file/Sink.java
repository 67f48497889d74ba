package io.gatehouse.plugins.logging.file;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What lines are written to. Used by one thread at a time. */
interface Sink {
    /** Opens it unless it is open. */
    void open() throws IOException;

    /** Writes bytes; fewer than all is no fault. */
    int write(ByteBuffer bytes) throws IOException;

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

    /** A file that only grows. */
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

        AppendedFile(Path path) {
            this.path = path;
        }

        @Override
        public void open() throws IOException {
            if (channel == null) {
                channel = FileChannel.open(path, OPTIONS, MODE);
            }
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            FileChannel open = channel;
            if (open == null) {
                throw new IOException(path + ": closed");
            }
            return open.write(bytes);
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
        public void open() {}

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return channel.write(bytes);
        }

        @Override
        public void close() {}
    }
}
