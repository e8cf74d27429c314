/** Words that German and English write alike and everybody knows by ear: 256 of them, told apart from
 * each other also on a bad line. Their order is part of the protocol. */
export const WORDS = `
Adapter Admiral Agent Alarm Album Alibi Alligator Alphabet Amateur Analyst Android Anorak Apartment
Arena Aroma Asphalt Asteroid Atlas Atom Aura Autobahn Badminton Bagel Balance Ballerina Balsam Bandit Banjo
Barometer Baron Basketball Bikini Bingo Bistro Blues Bonus Boulevard Boutique Bowling Brandy Bronze Bungalow
Burger Bus Butler Butter Cafeteria Camping Canyon Cappuccino Caravan Casino Cello Champion Charisma
Chauffeur Cheddar Chili Clown Cobra Cockpit Cocktail Comeback Computer Container Couch Cousin Cowboy Cricket
Croissant Curry Delta Detail Diesel Diplomat Dollar Domino Drama Dynamo Echo Elixir Emu Espresso Express Fax
Festival Filter Finale Finger Fitness Flamenco Flamingo Fondue Forum Foyer Frisbee Gala Garage Gecko
Giraffe Gold Golf Gong Gorilla Gospel Graffiti Gravitation Grill Guru Hamburger Hamster Handball Hangar
Harmonium Hobby Hockey Hotel Hydrant Illusion Import Index Indigo Inferno Internet Interview Iris Jaguar Jazz
Jeans Jockey Joker Journal Jumbo Karaoke Karate Ketchup Kimono Kiwi Koala Lasso Lava Leopard Limousine Lotion
Lotus Magma Magnet Manager Mandarin Mango Marathon Margarine Mars Matrix Melodrama Mentor Meteor
Mikado Million Minister Mixer Modem Moment Monitor Monster Moped Motel Motto Mozzarella Muffin Museum Musical
Mustang Neon Nest Nickel Ninja November Nugget Nylon Oboe Olive Opal Orange Orbit Oregano Origami Orion
Palette Panda Panther Paprika Papyrus Paradox Park Pasta Patent Pergola Pesto Phantom Piano Pilot Pizza
Planet Plasma Podium Poker Polka Pony Popcorn Portal Poster Prestige Propeller Protest Pudding Puma Python
Quiz Radar Radio Ranger Referendum Regatta Restaurant Risotto Rodeo Rugby Rumba Safari Salami Samba
Sandwich Saturn Sauna Scanner Sensor September Shampoo Sheriff Sherry Signal Silo Skateboard Slalom Snack
Sofa Sonar Souvenir Spaghetti Steak Studio Symposium Taxi Tornado Zebra
`
  .trim()
  .split(/\s+/);
