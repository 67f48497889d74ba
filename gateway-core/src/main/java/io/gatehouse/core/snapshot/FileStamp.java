package io.gatehouse.core.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Tells whether files have changed, by their names, sizes and times. */
public final class FileStamp {
    private FileStamp() {}

    /** A text that differs when a file is added, removed or written; folders are looked into at any depth. */
    public static String of(List<Path> filesAndFolders) {
        StringBuilder text = new StringBuilder();
        for (Path path : filesAndFolders) {
            try (Stream<Path> files = Files.walk(path)) {
                files.filter(Files::isRegularFile)
                        .filter(file -> !ConfigSource.isState(file))
                        .sorted()
                        .forEach(file -> append(file, text));
            } catch (IOException | UncheckedIOException e) {
                text.append(path).append(" is not there\n"); // may come back: seen in the next round
            }
        }
        return text.toString();
    }

    private static void append(Path file, StringBuilder text) {
        try {
            text.append(file)
                    .append(' ')
                    .append(Files.size(file))
                    .append(' ')
                    .append(Files.getLastModifiedTime(file).toMillis())
                    .append('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
