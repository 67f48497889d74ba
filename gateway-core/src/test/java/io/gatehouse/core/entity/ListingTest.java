package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Location;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class ListingTest {
    private static final Location HERE = new Location("test", 1, 1);
    private static final ConfigNode.Mapping NOTHING = ConfigNode.emptyMapping(HERE, "");

    private static Entity consumer(int number) {
        String id = "id" + number;
        return new Entity(
                EntityKind.CONSUMER,
                id,
                "name" + number,
                List.of(),
                HERE,
                "",
                new ConsumerEntity(id, "name" + number, null, List.of()),
                NOTHING,
                NOTHING);
    }

    /** The ids of what is another object, or is in one of the two only. */
    @SuppressWarnings("ReferenceEquality") // the very same entity is meant
    private static Set<String> differing(Listing one, Listing other) {
        Set<String> ids = new HashSet<>();
        one.all().forEach(entity -> ids.add(entity.id()));
        other.all().forEach(entity -> ids.add(entity.id()));
        ids.removeIf(id -> one.withId(id) == other.withId(id));
        return ids;
    }

    @Test
    void tellsWhatWasTouchedHoweverManyEditsAgo() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            List<Entity> first = new ArrayList<>();
            for (int i = 0; i < random.nextInt(30); i++) {
                first.add(consumer(i));
            }
            Listing before = Listing.of(EntityKind.CONSUMER, first);
            Listing now = before;
            Map<String, Entity> expected = new LinkedHashMap<>();
            first.forEach(entity -> expected.put(entity.id(), entity));
            for (int edit = 0; edit < random.nextInt(8); edit++) {
                Map<String, Entity> changed = new LinkedHashMap<>();
                Set<String> gone = new HashSet<>();
                for (int i = 0; i < random.nextInt(4); i++) {
                    Entity entity = consumer(random.nextInt(40));
                    if (random.nextBoolean()) {
                        changed.put(entity.id(), entity);
                    } else if (!changed.containsKey(entity.id())) {
                        gone.add(entity.id());
                    }
                }
                gone.removeAll(changed.keySet());
                now = now.with(changed.values(), gone);
                expected.keySet().removeAll(gone);
                expected.putAll(changed);
            }

            assertThat(now.all()).containsExactlyElementsOf(expected.values());
            assertThat(now.touchedSince(before)).isEqualTo(differing(before, now));
            assertThat(before.touchedSince(now)).isEqualTo(differing(before, now));
        }
    }

    @Test
    void tellsWhatComesInAnotherOrder() {
        Entity one = consumer(1);
        Entity two = consumer(2);

        Set<String> touched = Listing.of(EntityKind.CONSUMER, List.of(two, one))
                .touchedSince(Listing.of(EntityKind.CONSUMER, List.of(one, two)));

        assertThat(touched).isNotEmpty();
    }
}
