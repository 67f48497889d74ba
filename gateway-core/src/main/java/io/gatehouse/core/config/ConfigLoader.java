package io.gatehouse.core.config;

import java.nio.file.Path;
import java.util.List;

/** Reads declarative files. Blocks on the file system; one thread at a time per call, any number of calls. */
public final class ConfigLoader {
    private ConfigLoader() {}

    /** Reads with default options. */
    public static LoadResult load(List<Path> filesOrDirs, Environment environment) {
        return load(filesOrDirs, environment, LoadOptions.defaults());
    }

    /**
     * Reads and merges files and directories.
     *
     * @param filesOrDirs files, and directories whose *.yaml, *.yml and *.json are read at any depth, sorted
     * @param environment where variables are looked up
     * @param options whose defaults hold, and which plugins there are
     */
    public static LoadResult load(List<Path> filesOrDirs, Environment environment, LoadOptions options) {
        throw new UnsupportedOperationException();
    }
}
