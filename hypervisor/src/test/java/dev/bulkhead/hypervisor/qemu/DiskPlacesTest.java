package dev.bulkhead.hypervisor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class DiskPlacesTest {
  @Test
  void aMachineWithoutBridgesHasNone() {
    assertEquals(Optional.empty(), new DiskPlaces(0).take());
  }

  @Test
  void eachPlaceIsTakenOnceUntilItIsFree() {
    DiskPlaces places = new DiskPlaces(2);
    Set<String> paths = new HashSet<>();
    Set<Integer> numbers = new HashSet<>();
    for (int i = 0; i < places.most(); i++) {
      DiskPlaces.Place place = places.take().orElseThrow();
      paths.add(place.pciPath());
      numbers.add(place.number());
    }
    assertEquals(62, paths.size());
    assertEquals(62, numbers.size());
    assertEquals(Optional.empty(), places.take());
    DiskPlaces.Place given = new DiskPlaces.Place(1, 2);
    places.free(given);
    assertEquals(Optional.of(given), places.take());
  }

  @Test
  void aPlaceIsNamedBySlots() {
    DiskPlaces.Place first = new DiskPlaces(1).take().orElseThrow();
    assertEquals("18/01", first.pciPath());
    assertEquals("0x1", first.address());
    DiskPlaces.Place last = new DiskPlaces.Place(4, 31);
    assertEquals("1c/1f", last.pciPath());
    assertEquals("0x1f", last.address());
  }
}
