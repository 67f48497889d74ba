package io.gatehouse.core.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PluginSlotTest {
    private static final Consumer ALICE = new Consumer("c-alice", "alice", null, List.of());
    private static final Consumer STRANGER = new Consumer("c-stranger", "stranger", null, List.of());
    private static final ConsumerGroup GOLD = new ConsumerGroup("g-1", "gold");
    private static final ConsumerGroup SILVER = new ConsumerGroup("g-0", "silver");

    private static final Directory DIRECTORY = new Directory() {
        @Override
        public @Nullable Credential credential(String type, String key) {
            return null;
        }

        @Override
        public List<Credential> credentials(String type, Consumer consumer) {
            return List.of();
        }

        @Override
        public @Nullable Consumer consumer(String idOrUsername) {
            return null;
        }

        @Override
        public List<ConsumerGroup> groups(Consumer consumer) {
            return consumer.equals(ALICE) ? List.of(GOLD, SILVER) : List.of();
        }
    };

    /** A level of Kong's list: which of the four an entity is limited to. */
    private record Level(boolean consumer, boolean group, boolean route, boolean service) {
        boolean personal() {
            return consumer || group;
        }
    }

    /** Kong's list, most specific first. */
    private static final List<Level> LEVELS = List.of(
            new Level(true, false, true, true),
            new Level(false, true, true, true),
            new Level(true, false, true, false),
            new Level(true, false, false, true),
            new Level(false, true, true, false),
            new Level(false, true, false, true),
            new Level(false, false, true, true),
            new Level(true, false, false, false),
            new Level(false, true, false, false),
            new Level(false, false, true, false),
            new Level(false, false, false, true),
            new Level(false, false, false, false));

    private static PluginTier tier(int subset, boolean route, boolean service) {
        PluginInstance anyone = null;
        Map<String, PluginInstance> byConsumer = new HashMap<>();
        Map<String, PluginInstance> byGroup = new HashMap<>();
        for (int i = 0; i < LEVELS.size(); i++) {
            Level level = LEVELS.get(i);
            if ((subset & 1 << i) != 0 && level.route() == route && level.service() == service) {
                PluginInstance instance = Slots.logging("level " + (i + 1));
                if (level.consumer()) {
                    byConsumer.put(ALICE.id(), instance);
                } else if (level.group()) {
                    byGroup.put(SILVER.id(), instance);
                } else {
                    anyone = instance;
                }
            }
        }
        return new PluginTier(anyone, byConsumer, byGroup);
    }

    private static PluginSlot slot(PluginTier both, PluginTier route, PluginTier service, PluginTier everywhere) {
        return new PluginSlot(
                "any", 1, OptionalInt.empty(), PluginSlot.Ordering.NONE, both, route, service, everywhere);
    }

    private static String picked(PluginSlot slot, @Nullable Consumer consumer) {
        PluginInstance picked = slot.pick(consumer, DIRECTORY);
        return picked == null ? "none" : picked.id();
    }

    private static String expected(int subset, boolean known) {
        for (int i = 0; i < LEVELS.size(); i++) {
            if ((subset & 1 << i) != 0 && (known || !LEVELS.get(i).personal())) {
                return "level " + (i + 1);
            }
        }
        return "none";
    }

    @Test
    void picksTheMostSpecificOfWhateverIsConfigured() {
        for (int subset = 0; subset < 1 << LEVELS.size(); subset++) {
            PluginSlot slot = slot(
                    tier(subset, true, true),
                    tier(subset, true, false),
                    tier(subset, false, true),
                    tier(subset, false, false));

            List<String> picks = List.of(picked(slot, ALICE), picked(slot, STRANGER), picked(slot, null));
            assertThat(picks)
                    .as("levels %s", Integer.toBinaryString(subset))
                    .containsExactly(expected(subset, true), expected(subset, false), expected(subset, false));
        }
    }

    @Test
    void ofSeveralGroupsTheFirstByNameWins() {
        Map<String, PluginInstance> both = new HashMap<>();
        both.put(SILVER.id(), Slots.logging("silver"));
        both.put(GOLD.id(), Slots.logging("gold"));

        assertThat(picked(
                        slot(
                                PluginTier.EMPTY,
                                PluginTier.EMPTY,
                                PluginTier.EMPTY,
                                new PluginTier(null, Map.of(), both)),
                        ALICE))
                .isEqualTo("gold");
    }

    @Test
    void aMoreSpecificPlaceOfAnotherGroupWinsOverTheNames() {
        PluginTier silver = new PluginTier(null, Map.of(), Map.of(SILVER.id(), Slots.logging("silver on the route")));
        PluginTier gold = new PluginTier(null, Map.of(), Map.of(GOLD.id(), Slots.logging("gold everywhere")));

        assertThat(picked(slot(PluginTier.EMPTY, silver, PluginTier.EMPTY, gold), ALICE))
                .isEqualTo("silver on the route");
    }

    @Test
    void knowsAllItsInstances() {
        int all = (1 << LEVELS.size()) - 1;
        PluginSlot slot =
                slot(tier(all, true, true), tier(all, true, false), tier(all, false, true), tier(all, false, false));

        List<String> ids = new ArrayList<>();
        slot.instances().forEach(instance -> ids.add(instance.id()));
        assertThat(ids).hasSize(12).doesNotHaveDuplicates();
    }
}
