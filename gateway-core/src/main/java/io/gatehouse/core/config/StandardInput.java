package io.gatehouse.core.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The standard input, which can be read once only: what was read is kept, so that a reload finds it again. Reading blocks
 * until its end; any thread may read.
 */
public final class StandardInput {
    private static final StandardInput PROCESS = new StandardInput(System.in);

    private final InputStream source;
    private byte @Nullable [] read;

    /** One that reads from here. */
    public StandardInput(InputStream source) {
        this.source = source;
    }

    /** That of this process. */
    public static StandardInput ofProcess() {
        return PROCESS;
    }

    /** All of it, from the beginning. */
    public synchronized InputStream open() throws IOException {
        byte[] bytes = read;
        if (bytes == null) {
            bytes = source.readNBytes(ConfigText.LARGEST + 1);
            read = bytes;
        }
        return new ByteArrayInputStream(bytes);
    }
}
