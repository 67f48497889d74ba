package io.gatehouse.core.config;

/**
 * A place in a file as it stands on disk, before environment variables were put in.
 *
 * @param file the file as the user named it
 * @param line from 1
 * @param column from 1, in characters
 */
public record Location(String file, int line, int column) {
    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
