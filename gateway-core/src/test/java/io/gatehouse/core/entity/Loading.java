package io.gatehouse.core.entity;

import io.gatehouse.core.config.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A folder of files to load, and the environment they are loaded in. */
final class Loading {
    private final Path folder;
    private final List<Path> files = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private LoadOptions options = LoadOptions.defaults();

    Loading(Path folder) {
        this.folder = folder;
    }

    Loading file(String name, String text) {
        try {
            Path file = folder.resolve(name);
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.writeString(file, text);
            files.add(file);
            return this;
        } catch (IOException unexpected) {
            throw new UncheckedIOException(unexpected);
        }
    }

    Loading resource(String name) {
        return file(name, text(name));
    }

    static String text(String resource) {
        try (InputStream in = Objects.requireNonNull(Loading.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException unexpected) {
            throw new UncheckedIOException(unexpected);
        }
    }

    Loading with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    Loading options(LoadOptions other) {
        options = other;
        return this;
    }

    LoadResult load() {
        return ConfigLoader.load(files, environment::get, options);
    }

    LoadResult loadFolder() {
        return ConfigLoader.load(List.of(folder), environment::get, options);
    }

    /** The problems without the folder's name. */
    List<String> problems() {
        return problems(load());
    }

    List<String> problems(LoadResult result) {
        List<String> lines = new ArrayList<>();
        for (Problem problem : result.problems()) {
            lines.add(problem.toString().replace(folder + "/", ""));
        }
        return lines;
    }
}
