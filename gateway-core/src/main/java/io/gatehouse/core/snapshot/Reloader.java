package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import io.gatehouse.core.plugin.Lifecycle;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.plugin.PluginSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns files into the live snapshot: load, check everything, build, swap by one volatile write; or keep the old one
 * whole. All of it runs on one thread; reading the current snapshot is free for everyone.
 */
public final class Reloader {
    /** Retired snapshots that may still have exchanges; the oldest beyond it are aborted. */
    private static final int GENERATIONS = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);

    private final ConfigSource source;
    private final List<Path> pluginFolders;
    private final LoadOptions options;
    private final SnapshotBuilder builder;
    private final Lifecycle lifecycle;
    private final ExecutorService thread;
    private final Consumer<Snapshot> onLive;
    private final Consumer<Snapshot> onTooOld;
    private final Deque<Snapshot> retired = new ArrayDeque<>();
    private final Set<PluginSource> sources = new HashSet<>();

    /** How many instances of a source are being closed. */
    private final Map<PluginSource, Integer> closing = new HashMap<>();

    private @Nullable Examination examined;
    private volatile @Nullable Snapshot current;
    private volatile long liveAt;

    /**
     * Makes a reloader.
     *
     * @param thread a single thread, on which {@link #load} must be called
     * @param onLive told of each snapshot before it serves
     * @param onTooOld asked to abort the exchanges of a snapshot that was retired too long ago
     */
    public Reloader(
            ConfigSource source,
            List<Path> pluginFolders,
            LoadOptions options,
            SnapshotBuilder builder,
            Lifecycle lifecycle,
            ExecutorService thread,
            Consumer<Snapshot> onLive,
            Consumer<Snapshot> onTooOld) {
        this.source = source;
        this.pluginFolders = pluginFolders;
        this.options = options;
        this.builder = builder;
        this.lifecycle = lifecycle;
        this.thread = thread;
        this.onLive = onLive;
        this.onTooOld = onTooOld;
    }

    /** The live snapshot; null before the first. */
    public @Nullable Snapshot current() {
        return current;
    }

    /** A lease on the live snapshot; null before the first. */
    public @Nullable Snapshot lease() {
        while (true) {
            Snapshot live = current;
            if (live == null || live.lease()) {
                return live;
            }
        }
    }

    /**
     * Loads the files and makes them live, if they are good.
     *
     * @return all problems, warnings too; with an error among them, what was live stays live
     */
    public List<Problem> load() {
        Snapshot previous = current;
        Examination found = Examination.of(
                source::read,
                pluginFolders,
                options,
                previous == null ? null : previous.catalogue(),
                lifecycle.calls());
        PluginCatalogue catalogue = found.catalogue();
        List<Problem> problems = new ArrayList<>();
        Snapshot next = found.ok() ? builder.build(found, previous, problems::add) : null;
        if (next == null) {
            problems.addAll(0, found.problems());
            abandon(catalogue);
            return problems;
        }
        source.live();
        problems.addAll(0, found.problems());
        swap(found, next);
        return problems;
    }

    /** Makes a snapshot live and retires the one before it. */
    private void swap(Examination found, Snapshot next) {
        Snapshot previous = current;
        sources.addAll(found.catalogue().sources());
        onLive.accept(next);
        examined = found;
        current = next;
        liveAt = System.nanoTime();
        if (previous != null) {
            retire(previous);
        }
    }

    /** What is live, as it was examined; null before the first. */
    @Nullable
    Examination examined() {
        return examined;
    }

    /**
     * What a text says that is no file: it is read as one, and nothing is put in from the environment. When it is wrong, the
     * configs of all plugins in it are looked at too, so that everything is told at once.
     */
    LoadResult read(String text) {
        Examination live = examined;
        LoadOptions known =
                live == null ? options : options.withPlugins(live.catalogue().names());
        LoadResult read = ConfigLoader.loadText("config", text, name -> null, known);
        if (read.ok() || live == null) {
            return read;
        }
        List<Problem> all = new ArrayList<>(read.problems());
        SnapshotBuilder.checked(read.config(), live.catalogue(), null, lifecycle.calls(), all::add);
        return new LoadResult(read.config(), all);
    }

    /** What is examined with edits; nothing is made or changed by that. */
    Examination examine(Examination before, Collection<EntityEdit> edits) {
        return before.edited(edits, options, lifecycle.calls());
    }

    /**
     * Makes edits live: builds, keeps, swaps, in this order.
     *
     * @param edited good, and examined from what is live
     * @param sink takes what keeps it from being built
     * @return null when there was a problem; then what was live stays live
     * @throws IOException when it cannot be kept; then what was live stays live
     */
    @Nullable
    Snapshot edit(Examination edited, Collection<EntityEdit> edits, Consumer<Problem> sink) throws IOException {
        Snapshot next = builder.build(edited, current, sink);
        if (next == null) {
            return null;
        }
        try {
            source.keep(edited.config(), edits);
        } catch (IOException | RuntimeException e) {
            lastUses(next).forEach(plugin -> plugin.close(lifecycle));
            throw e;
        }
        swap(edited, next);
        return next;
    }

    /** When the live snapshot went live, on the clock of {@link System#nanoTime()}. */
    public long liveAt() {
        return liveAt;
    }

    /** Whether there is an error among problems. */
    public static boolean hasErrors(List<Problem> problems) {
        return problems.stream().anyMatch(problem -> problem.severity() == Severity.ERROR);
    }

    private void retire(Snapshot previous) {
        retired.add(previous);
        previous.drained().onComplete(done -> thread.execute(() -> drained(previous)));
        previous.retire();
        if (retired.size() > GENERATIONS) {
            Snapshot oldest = retired.getFirst();
            LOG.warn("exchanges of an old configuration are aborted: generations={}", retired.size());
            onTooOld.accept(oldest);
        }
    }

    private void drained(Snapshot snapshot) {
        retired.remove(snapshot);
        for (BoundPlugin plugin : lastUses(snapshot)) {
            PluginSource from = plugin.known().source();
            closing.merge(from, 1, Integer::sum);
            plugin.close(lifecycle, () -> whenClosed(from));
        }
        unloadUnused();
    }

    private void whenClosed(PluginSource from) {
        try {
            thread.execute(() -> closed(from));
        } catch (RejectedExecutionException stopped) {
            LOG.debug("closed too late, the gateway has stopped: origin={}", from.origin());
        }
    }

    private void closed(PluginSource from) {
        closing.computeIfPresent(from, (source, count) -> count == 1 ? null : count - 1);
        if (!closing.containsKey(from)) {
            unloadUnused();
        }
    }

    /** Gives back what a snapshot uses: the instances that no other one uses. */
    private static List<BoundPlugin> lastUses(Snapshot snapshot) {
        return snapshot.plugins().stream()
                .map(SnapshotBuilder.Placed::plugin)
                .filter(BoundPlugin::release)
                .toList();
    }

    /** A catalogue that did not go live: what only it loaded goes. */
    private void abandon(PluginCatalogue catalogue) {
        for (PluginSource source : catalogue.sources()) {
            if (!sources.contains(source)) {
                lifecycle.unload(source);
            }
        }
    }

    private void unloadUnused() {
        Set<PluginSource> used = new HashSet<>();
        Snapshot live = current;
        if (live != null) {
            used.addAll(live.catalogue().sources());
        }
        for (Snapshot old : retired) {
            used.addAll(old.catalogue().sources());
        }
        used.addAll(closing.keySet());
        sources.removeIf(source -> {
            if (used.contains(source)) {
                return false;
            }
            lifecycle.unload(source);
            return true;
        });
    }

    /** Retires the live snapshot for good. Call it when no request comes any more. */
    public void close() {
        source.close();
        Snapshot last = current;
        current = null;
        examined = null;
        if (last != null) {
            retire(last);
        }
    }

    /** Whether every retired snapshot, and every plugin that only it had, has been closed. */
    public boolean isDrained() {
        return retired.isEmpty() && closing.isEmpty();
    }
}
