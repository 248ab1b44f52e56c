package dev.bulkhead.runtime.pool;

import java.util.Optional;

/** What a keeper tells the pool, in one byte. */
enum KeeperWord {
  /** Its machine waits for a container. */
  READY('r'),
  /** Its machine has become a container's. */
  TAKEN('t'),
  /** It makes one that is not as good as it could be, for the reason that follows. */
  WARNED('w'),
  /** It could not make one, for the reason that follows. */
  FAILED('f');

  private final char letter;

  KeeperWord(char letter) {
    this.letter = letter;
  }

  byte letter() {
    return (byte) letter;
  }

  static Optional<KeeperWord> of(byte letter) {
    for (KeeperWord word : values()) {
      if (word.letter() == letter) {
        return Optional.of(word);
      }
    }
    return Optional.empty();
  }
}
