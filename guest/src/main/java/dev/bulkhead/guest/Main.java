package dev.bulkhead.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;

/** The program that makes what a virtual machine boots; it runs when Bulkhead is built. */
public final class Main {
  private static final int FAILED = 1;

  private Main() {}

  /**
   * Runs the program and ends the virtual machine with its exit code: 0, or 1 after one line on
   * standard error.
   */
  public static void main(String[] arguments) {
    if (List.of(arguments).contains("--help")) {
      System.out.println(Options.USAGE);
      return;
    }
    try {
      new GuestBuild(Options.parse(List.of(arguments)), System.out).run();
    } catch (GuestException e) {
      fail(e.getMessage());
    } catch (IOException e) {
      fail(describe(e));
    } catch (UncheckedIOException e) {
      fail(describe(e.getCause()));
    }
  }

  private static void fail(String message) {
    System.err.println("guest: " + message);
    System.exit(FAILED);
  }

  /** One sentence for an error of the file system, whose exceptions only name the file. */
  static String describe(IOException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("No space left on device") || message.contains("Disk quota exceeded")) {
      return "the disk is full (" + message + "); free some 700 MB and run this again";
    }
    return switch (e) {
      case NoSuchFileException missing -> missing.getFile() + " is missing; run this again";
      case AccessDeniedException denied ->
          denied.getFile() + " must not be read or written by this user; run this as its owner";
      case FileSystemException other ->
          other.getFile() + " cannot be read or written (" + other.getReason() + ")";
      default -> "a file cannot be read or written (" + message + ")";
    };
  }
}
