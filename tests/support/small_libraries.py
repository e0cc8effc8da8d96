"""Two small libraries of ordinary texts: the manuals of two machines, and the minutes of a club."""

MANUALS = {
    "dishwasher.md": """\
# Dishwasher Lavello D40

## Warranty

The dishwasher has a warranty of three years from the day of purchase. The heat exchanger is covered
for ten years. Keep the receipt; without it the warranty ends after two years.

## Draining

To drain the dishwasher, turn it off and close the tap first. Then unscrew the cap of the pump under
the lower basket and let the water run into a flat tray. About two litres come out.

## Salt

Fill the salt container with 1.2 kg of dishwasher salt before the first wash. The lamp marked S
lights up when it has to be filled again. Use no table salt, because it contains iodine that damages
the softener.

## Filters

The filter sits at the bottom of the tub, under the lower basket. It should be rinsed under running
water every two weeks. A blocked filter is the usual reason for wet dishes.

## Programmes

The Eco programme takes 195 minutes and uses 9.5 litres of water. The Quick programme takes 40
minutes and uses 11 litres. The Intensive programme heats the water to 70 °C and is meant for pans.

## Error codes

E15 means that water has run into the base. Close the tap and call the service. E24 means that the
drain hose is bent or the pump is blocked.
""",
    "washing-machine.md": """\
# Washing machine Ondina W7

## Warranty

The washing machine has a warranty of five years. The motor is covered for twelve years if the
machine was registered within thirty days.

## Draining

To drain the washing machine, open the flap at the lower right and pull out the short hose. Let the
water run into a bowl, then turn the plug to the left and take it out.

## Programmes

The Cotton programme takes 150 minutes at 60 °C. The Wool programme takes 38 minutes and spins at
600 revolutions. The Mix programme takes 65 minutes.

## Detergent

Pour the detergent into the left compartment of the drawer, up to the line. The softener goes into
the middle one. Liquid detergent needs the blue insert.

## Transport

Four bolts hold the drum during transport. Remove the bolts with a 13 mm spanner before the first
wash and keep them. Without them the drum must not be moved.
""",
}
"""Texts by file name."""

MINUTES = {
    "2024-03-05-board.md": """\
# Board meeting, 5 March 2024

Present: Anna Berg (chair), Tomasz Wilk, Leila Haddad, Peter Oduya. Absent: Greta Lind.

## Roof of the boathouse

Tomasz Wilk reported on the roof of the boathouse. He had obtained two offers. The one from Kranz &
Sons is 48,200 euros, the one from Dachwerk Nord is 41,900 euros. The board chose Kranz & Sons,
because Dachwerk Nord could not begin before October. Work begins on 3 June.

## Membership fee

Leila Haddad proposed to raise the membership fee from 90 to 96 euros. She explained that insurance
had gone up by a fifth. The proposal was accepted with four votes to one. Peter Oduya voted against
it, since the fee had been raised only a year ago.

## Summer regatta

The summer regatta takes place on 20 July at the Lower Basin. Greta Lind is in charge of the
programme. About 140 boats are expected. Anna Berg will ask the town for the use of the car park.
""",
    "2024-04-09-board.md": """\
# Board meeting, 9 April 2024

Present: Anna Berg (chair), Leila Haddad, Peter Oduya, Greta Lind. Tomasz Wilk joined by telephone.

## Website

Peter Oduya showed the new website. It runs on WaterPress and was made by his nephew Jonah Oduya,
who is paid 300 euros for it. SkipperMail will send the newsletter. The old website is switched off
on 30 April.

## Summer regatta

Greta Lind has found a sponsor for the regatta: the Ferrant brewery gives 2,500 euros. She still
needs twelve helpers for the safety boats. The town refused the car park, so visitors park at the
Old Mill.

## Youth group

The youth group has 34 members, nine more than last year. Their coach, Mirela Popa, asked for two
new dinghies. The board agreed to buy one. It costs 3,150 euros and arrives in May.
""",
}
