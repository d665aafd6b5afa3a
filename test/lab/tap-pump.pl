#!/usr/bin/perl
# Opens TAP devices tap0, tap1, ... in the network namespace it runs in, and pumps their frames to standard output and
# from standard input. It decides nothing: who gets a frame, and when, is up to the program at the other end.
#
# Argument: how many devices. Prints "ready\n", then frames; a frame, both ways, is
#   port (1 byte), length (2 bytes, big endian), the Ethernet frame.
# Ends, and its devices with it, when standard input does. Devices may be moved to other namespaces meanwhile.
use strict;
use warnings;
use Fcntl;

use constant { TUNSETIFF => 0x400454ca, IFF_TAP => 0x0002, IFF_NO_PI => 0x1000, FRAME_MAX => 2048 };

my $count = shift // die "usage: tap-pump.pl COUNT\n";
my @taps;
for my $port (0 .. $count - 1) {
    sysopen(my $tap, '/dev/net/tun', O_RDWR | O_NONBLOCK) or die "/dev/net/tun: $!\n";
    my $request = pack('a16 s x22', "tap$port", IFF_TAP | IFF_NO_PI);
    ioctl($tap, TUNSETIFF, $request) or die "tap$port: $!\n";
    push @taps, $tap;
}
put("ready\n");

my $readable = '';
vec($readable, fileno($_), 1) = 1 for \*STDIN, @taps;
my $input = '';
while (select(my $due = $readable, undef, undef, undef)) {
    for my $port (0 .. $#taps) {
        next unless vec($due, fileno($taps[$port]), 1);
        my $size = sysread($taps[$port], my $frame, FRAME_MAX);
        put(pack('C n', $port, $size) . $frame) if $size;
    }
    next unless vec($due, fileno(STDIN), 1);
    sysread(STDIN, $input, 65536, length $input) or exit 0;
    while (length $input >= 3) {
        my ($port, $size) = unpack('C n', $input);
        last if length $input < 3 + $size;
        # A device that is down, or whose queue is full, drops the frame, as a cable would.
        syswrite($taps[$port], substr($input, 3, $size)) if $port < @taps;
        substr($input, 0, 3 + $size) = '';
    }
}

sub put {
    my ($bytes) = @_;
    while (length $bytes) {
        my $written = syswrite(STDOUT, $bytes) // exit 0;
        substr($bytes, 0, $written) = '';
    }
}
