package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import io.gatehouse.core.plugin.PluginCalls;
import io.gatehouse.core.plugin.PluginCatalogue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pcollections.PMap;

/**
 * All that can be known of files and plugins without starting anything: what start, reload, {@code validate} and {@code
 * plan} have in common, so that they never disagree. For one thread.
 */
public final class Examination {
    private final PluginCatalogue catalogue;
    private final DeclarativeConfig config;
    private final PMap<String, SnapshotBuilder.Checked> plugins;
    private final List<Problem> problems;
    private @Nullable Advice advice;

    private Examination(
            PluginCatalogue catalogue,
            DeclarativeConfig config,
            PMap<String, SnapshotBuilder.Checked> plugins,
            List<Problem> problems) {
        this.catalogue = catalogue;
        this.config = config;
        this.plugins = plugins;
        this.problems = List.copyOf(problems);
    }

    /**
     * Reads and checks everything.
     *
     * @param previous the catalogue so far, whose unchanged loaders are kept, or null
     * @param calls how {@code validate} of plugins is called
     */
    public static Examination of(
            List<Path> files,
            List<Path> pluginFolders,
            Environment environment,
            LoadOptions options,
            @Nullable PluginCatalogue previous,
            PluginCalls calls) {
        return of(known -> ConfigLoader.load(files, environment, known), pluginFolders, options, previous, calls);
    }

    /** The same, from wherever the configuration comes. */
    static Examination of(
            Function<LoadOptions, LoadResult> source,
            List<Path> pluginFolders,
            LoadOptions options,
            @Nullable PluginCatalogue previous,
            PluginCalls calls) {
        List<Problem> problems = new ArrayList<>();
        PluginCatalogue catalogue = PluginCatalogue.load(pluginFolders, previous, problems::add);
        LoadResult loaded = source.apply(options.withPlugins(catalogue.names()));
        problems.addAll(loaded.problems());
        PMap<String, SnapshotBuilder.Checked> plugins =
                SnapshotBuilder.checked(loaded.config(), catalogue, null, calls, problems::add);
        return new Examination(catalogue, loaded.config(), plugins, problems);
    }

    /**
     * The same with edits: checked against the whole, though only what they touch is looked at again.
     *
     * @param options those of the first examination
     */
    public Examination edited(Collection<EntityEdit> edits, LoadOptions options, PluginCalls calls) {
        LoadResult loaded = ConfigLoader.edit(config, edits, options.withPlugins(catalogue.names()));
        List<Problem> found = new ArrayList<>(loaded.problems());
        PMap<String, SnapshotBuilder.Checked> checked =
                SnapshotBuilder.checked(loaded.config(), catalogue, this, calls, found::add);
        return new Examination(catalogue, loaded.config(), checked, found);
    }

    /** The plugins there are. Whoever examined offline must discard it. */
    public PluginCatalogue catalogue() {
        return catalogue;
    }

    /** What the files say; incomplete when there are errors. */
    public DeclarativeConfig config() {
        return config;
    }

    /** Every problem, warnings and {@link #advice} too. */
    public List<Problem> problems() {
        List<Problem> all = new ArrayList<>(problems);
        all.addAll(advice().warnings());
        return all;
    }

    /** The problems without {@link #advice}. */
    List<Problem> errors() {
        return problems;
    }

    /** Whether a start would not refuse it for what the files and plugins are. */
    public boolean ok() {
        return !Reloader.hasErrors(problems);
    }

    /** What has no effect; found when first asked for, since a reload goes live first. Empty when there are errors. */
    public Advice advice() {
        Advice known = advice;
        if (known == null) {
            known = ok() ? Advice.of(config, catalogue) : Advice.NONE;
            advice = known;
        }
        return known;
    }

    /** The config of every plugin that a start makes, as its record, by the plugin's id. Equal records are equal configs. */
    public Map<String, Record> pluginConfigs() {
        Map<String, Record> configs = new HashMap<>();
        for (SnapshotBuilder.Checked plugin : plugins.values()) {
            if (plugin.entity().enabled() && SnapshotBuilder.isForHttp(plugin.entity())) {
                configs.put(plugin.entity().id(), plugin.config());
            }
        }
        return configs;
    }

    /** Every plugin entity whose config is good, by its id. */
    PMap<String, SnapshotBuilder.Checked> plugins() {
        return plugins;
    }
}
