package io.gatehouse.core.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.JsonTree;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was answered is in the file, whenever the process dies; what was not may be. */
@NullUnmarked
class StateFileTest {
    private static final int EDITS = 5;

    @TempDir
    Path folder;

    /** Stands for the death of the process. */
    private static final class Death extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static EntityEdit consumer(int n) {
        String id = "00000000-0000-4000-8000-00000000000" + n;
        try {
            ConfigNode fields = JsonTree.read(
                    "{\"id\":\"" + id + "\",\"username\":\"user-" + n + "\"}", new Location("test", 1, 1), false);
            return new EntityEdit(EntityKind.CONSUMER, id, (ConfigNode.Mapping) fields);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static DeclarativeConfig edited(DeclarativeConfig config, EntityEdit edit) {
        return ConfigLoader.edit(config, List.of(edit), LoadOptions.defaults()).config();
    }

    /** Makes edits until death; yields how many were answered. */
    private int run(Path file, int diesAt) {
        int[] step = {0};
        StateFile state = new StateFile(file, name -> {
            if (step[0]++ == diesAt) {
                throw new Death();
            }
        });
        DeclarativeConfig config = DeclarativeConfig.empty();
        int answered = 0;
        try {
            for (int i = 0; i < EDITS; i++) {
                EntityEdit edit = consumer(i);
                config = edited(config, edit);
                state.keep("digest", config, List.of(edit));
                answered++;
            }
        } catch (Death died) {
            // whoever comes next reads what is there
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            state.close();
        }
        return answered;
    }

    private static SortedSet<String> ids(Path file) throws IOException {
        SortedSet<String> ids = new TreeSet<>();
        StateFile.Kept kept = new StateFile(file).read();
        if (kept != null) {
            kept.entities().forEach(entity -> ids.add(entity.id()));
        }
        return ids;
    }

    @Test
    void deathAtAnyStepLosesNothingThatWasAnswered() throws IOException {
        int steps = 0;
        for (int diesAt = 0; ; diesAt++) {
            Path file = Files.createDirectory(folder.resolve("run-" + diesAt)).resolve("state");
            int answered = run(file, diesAt);
            SortedSet<String> found = ids(file);
            assertThat(found.size()).as("death at step %s", diesAt).isBetween(answered, answered + 1);
            for (int i = 0; i < answered; i++) {
                assertThat(found)
                        .as("death at step %s", diesAt)
                        .contains(consumer(i).id());
            }
            if (answered == EDITS) {
                steps = diesAt;
                break;
            }
        }
        // the whole once, in five steps; then two for each edit
        assertThat(steps).isEqualTo(5 + 2 * (EDITS - 1));
    }

    @Test
    void aFileThatIsCutAnywhereHasEveryEditBeforeTheCut() throws IOException {
        Path file = folder.resolve("state");
        assertThat(run(file, -1)).isEqualTo(EDITS);
        byte[] whole = Files.readAllBytes(file);
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < whole.length; i++) {
            if (whole[i] == '\n') {
                ends.add(i);
            }
        }
        // the head and the first consumer were written as a whole, in one go; cuts come after
        for (int cut = ends.get(1) + 1; cut <= whole.length; cut++) {
            Path copy = folder.resolve("cut");
            Files.write(copy, java.util.Arrays.copyOf(whole, cut));
            int lines = 0;
            for (int end : ends) {
                lines += end < cut ? 1 : 0;
            }
            assertThat(ids(copy)).as("cut at %s", cut).hasSize(lines - 1);
        }
    }

    @Test
    void whatNoDeathOfOursLeavesIsRefused() throws IOException {
        Path file = folder.resolve("state");
        run(file, -1);
        byte[] damaged = Files.readAllBytes(file);
        damaged[damaged.length / 2] ^= 1;
        Files.write(file, damaged);
        assertThatThrownBy(() -> new StateFile(file).read())
                .isInstanceOf(StateFile.Damaged.class)
                .hasMessageContaining("is damaged");
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> new StateFile(file).read()).isInstanceOf(StateFile.Damaged.class);
    }

    @Test
    void onlyItsOwnerMayReadIt() throws IOException {
        Path file = folder.resolve("state");
        run(file, -1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void twoGatewaysDoNotShareOne() throws IOException {
        Path file = folder.resolve("state");
        StateFile first = new StateFile(file);
        first.write("digest", DeclarativeConfig.empty());
        assertThatThrownBy(() -> new StateFile(file).write("digest", DeclarativeConfig.empty()))
                .hasMessageContaining("is kept by another gateway");
        first.close();
        StateFile next = new StateFile(file);
        next.write("digest", DeclarativeConfig.empty());
        next.close();
    }

    @Test
    void whatVariablesPutInStaysTold() throws IOException {
        String yaml = """
                _format_version: "3.0"
                services: [{name: s, host: a.test, port: ${{ env "DECK_PORT" | toInt }}, retries: "${{ env "DECK_RETRIES" }}"}]
                partials: [{name: p, type: redis-ce, config: {$: 1}}, {name: q, type: redis-ce, config: {$$x: {$: [a, b]}}}]
                """;
        DeclarativeConfig config = ConfigLoader.loadText(
                        "f.yaml", yaml, name -> name.equals("DECK_PORT") ? "81" : "7", LoadOptions.defaults())
                .config();
        Path file = folder.resolve("state");
        StateFile state = new StateFile(file);
        state.write("digest", config);
        state.close();

        StateFile.Kept kept = new StateFile(file).read();
        DeclarativeConfig again =
                ConfigLoader.entities(kept.entities(), LoadOptions.defaults()).config();
        assertThat(again.fingerprint()).isEqualTo(config.fingerprint());
    }

    /** One that was written before prefixes had to be as requests are matched, and before a key's date said when its ttl began. */
    @Test
    void aFileOfTheFormatBeforeMeansTheSame() throws Exception {
        Path file = folder.resolve("state");
        Files.write(
                file,
                Objects.requireNonNull(getClass().getResourceAsStream("state-format-1.txt"))
                        .readAllBytes());
        StateFile.Kept kept = new StateFile(file).read();
        LoadResult read = ConfigLoader.entities(kept.entities(), LoadOptions.defaults());

        assertThat(read.problems()).isEmpty();
        assertThat(read.config().routes())
                .singleElement()
                .satisfies(route -> assertThat(route.paths()).containsExactly("/café", "/a b", "/plain", "~/re%20x"));
        assertThat(read.config().all(EntityKind.KEYAUTH))
                .singleElement()
                .satisfies(key -> assertThat(read.config().ttlSince(key)).isEqualTo(key.time("created_at")));
    }
}
