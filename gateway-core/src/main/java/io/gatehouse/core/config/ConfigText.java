package io.gatehouse.core.config;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The text of a configuration file, and the tree it stands for. Stateless. */
public final class ConfigText {
    /** Bytes of one file. 10,000 routes take about 3 MB. */
    public static final int LARGEST = 32 * 1024 * 1024;

    private ConfigText() {}

    /**
     * Reads a text as a tree, without looking at what it says; <code>${{ env "DECK_X" }}</code> is put in.
     *
     * @param file the name for messages
     * @param sink takes what is wrong
     * @return the root; null when the text cannot be read, which the sink was told
     */
    public static @Nullable ConfigNode parse(
            String file, String text, Environment environment, Consumer<Problem> sink) {
        return YamlReader.read(DeckTemplate.render(file, text, environment, sink), sink);
    }

    /**
     * Reads bytes as UTF-8, without a byte order mark.
     *
     * @param file the name for messages
     * @return null when it is too large or no UTF-8, which the sink was told
     */
    public static @Nullable String read(String file, InputStream in, Consumer<Problem> sink) throws IOException {
        byte[] bytes = in.readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
            sink.accept(Problem.error(
                    new Location(file, 1, 1),
                    "",
                    "the file is too large (expected: at most " + LARGEST + " bytes)",
                    null));
            return null;
        }
        CharBuffer text = CharBuffer.allocate(bytes.length + 1);
        if (decode(bytes, text).isError()) {
            String good = text.toString();
            sink.accept(Problem.error(SourceText.place(file, good, good.length()), "", "not valid UTF-8", null));
            return null;
        }
        return withoutMark(text.toString());
    }

    /** Bytes as UTF-8, without a byte order mark; null when they are none. */
    public static @Nullable String utf8(byte[] bytes) {
        CharBuffer text = CharBuffer.allocate(bytes.length + 1);
        return decode(bytes, text).isError() ? null : withoutMark(text.toString());
    }

    /**
     * A text with what its percent escapes stand for; a plus is a plus.
     *
     * @throws IllegalArgumentException when an escape is malformed, or what they stand for is not UTF-8
     */
    public static String unescaped(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] escaped = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(escaped.length);
        for (int i = 0; i < escaped.length; i++) {
            if (escaped[i] != '%') {
                bytes.write(escaped[i]);
            } else if (i + 2 < escaped.length) {
                bytes.write(HexFormat.fromHexDigit(escaped[i + 1]) << 4 | HexFormat.fromHexDigit(escaped[i + 2]));
                i += 2;
            } else {
                throw new IllegalArgumentException("a percent escape without two digits");
            }
        }
        CharBuffer decoded = CharBuffer.allocate(bytes.size());
        if (decode(bytes.toByteArray(), decoded).isError()) {
            throw new IllegalArgumentException("percent escapes that are not UTF-8");
        }
        return decoded.toString();
    }

    private static CoderResult decode(byte[] bytes, CharBuffer text) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), text, true);
        text.flip();
        return result;
    }

    private static String withoutMark(String text) {
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }
}
