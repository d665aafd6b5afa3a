#!/usr/bin/perl
# Watches files that are replaced by renaming, and prints what one element of them becomes:
#   index of the file, change time of the state (seconds, with a fraction), the element or "not known"
# A state that is replaced within a few milliseconds may be missed. The change time is the moment of the rename, so
# that it does not matter how soon a state is seen; but on a busy machine this program must not be the one that waits.
#
# Arguments: the beginning of the element, the files. Prints "ready", ends when standard input does.
use strict;
use warnings;
use Time::HiRes qw(stat);

use constant LOOK_EVERY_SECS => 0.005;

my ($begin, @paths) = @ARGV;
my @seen = ('') x @paths;
setpriority(0, 0, -15);
$| = 1;
print "ready\n";
my $readable = '';
vec($readable, fileno(STDIN), 1) = 1;
do { look($_) for 0 .. $#paths } until select(my $due = $readable, undef, undef, LOOK_EVERY_SECS) > 0;

sub look {
    my ($index) = @_;
    my @now = stat($paths[$index]) or return;
    my $identity = "$now[1] $now[10]";
    return if $identity eq $seen[$index];
    open(my $file, '<', $paths[$index]) or return;
    my $changed_at = (stat($file))[10];
    local $/ = undef;
    my $text = <$file> // '';
    my ($element) = $text =~ /(\Q$begin\E[^>]*>)/;
    $seen[$index] = $identity;
    printf "%d %.6f %s\n", $index, $changed_at, $element // 'not known';
}
